package xenolith.toolstack.net;

/**
 * What passed a port, as Linux counts it for vifD.N: received is what came from the link's other
 * end into the bridge, transmitted is what went out there.
 *
 * @param rxDropped frames refused on their way in, such as spoofed ones
 * @param txDropped frames that found no room on their way out
 */
public record Counters(
        long rxFrames,
        long rxBytes,
        long rxDropped,
        long rxErrors,
        long txFrames,
        long txBytes,
        long txDropped) {}
