package xenolith.toolstack.block;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;

/**
 * Where fields of ring requests are, by the guest's ABI (public/io/blkif.h, public/io/protocols.h).
 * Operation, the byte after it, and the 16-bit word after that begin all requests; segments are 8
 * bytes in both.
 */
enum Protocol {
    X86_64("x86_64-abi", 112, 8, 16),
    X86_32("x86_32-abi", 108, 4, 12);

    static final int READ = 0;
    static final int WRITE = 1;
    static final int WRITE_BARRIER = 2;
    static final int FLUSH_DISKCACHE = 3;
    static final int DISCARD = 5;
    static final int INDIRECT = 6;

    static final int OKAY = 0;
    static final int ERROR = -1;
    static final int NOT_SUPPORTED = -2;

    static final int SEGMENT_BYTES = 8;
    static final int MOST_SEGMENTS = 11;

    /** Their segments fit into one page. */
    static final int MOST_INDIRECT_SEGMENTS = 256;

    static final int DISCARD_SECURE = 1;

    private final String node;
    private final int requestBytes;
    private final int id;
    private final int sector;

    Protocol(String node, int requestBytes, int id, int sector) {
        this.node = node;
        this.requestBytes = requestBytes;
        this.id = id;
        this.sector = sector;
    }

    /**
     * The protocol that the front end names, that of {@code abi} if it names none, or null if it
     * names one that is not known.
     */
    static @Nullable Protocol of(@Nullable String node, Abi abi) {
        if (node == null || node.isEmpty()) {
            return abi == Abi.BITS64 ? X86_64 : X86_32;
        }
        for (Protocol p : values()) {
            if (p.node.equals(node)) {
                return p;
            }
        }
        return null;
    }

    /** Bytes of a request, and of a slot of the ring. */
    int requestBytes() {
        return requestBytes;
    }

    /** Bytes of a response: id, operation, status. */
    int responseBytes() {
        return this == X86_64 ? 16 : 12;
    }

    /** The 64-bit number that the response repeats. */
    int id() {
        return id;
    }

    /** The 64-bit number of the first sector. */
    int sector() {
        return sector;
    }

    /** The segments of a plain request. */
    int segments() {
        return sector + 8;
    }

    /** The 64-bit number of sectors to discard. */
    int discardSectors() {
        return sector + 8;
    }

    /** The grants of the pages that hold the segments of an indirect request, the first first. */
    int indirectPages() {
        return sector + 12;
    }
}
