package xenolith.toolstack.device;

/** What passed a device so far, as xentop counts it. */
public sealed interface Traffic {
    /**
     * Of a disk.
     *
     * @param delayed times that the back end could not take a request at once
     * @param reads requests to read; {@code writes} to write
     * @param sectorsRead sectors of 512 bytes; {@code sectorsWritten} likewise
     */
    record OfDisk(long delayed, long reads, long writes, long sectorsRead, long sectorsWritten)
            implements Traffic {}

    /**
     * Of a network card.
     *
     * @param sent bytes that the domain sent; {@code received} those that it was sent
     */
    record OfCard(long sent, long received) implements Traffic {}
}
