package xenolith.toolstack.net;

/**
 * An Ethernet frame without its check sequence, on its way between two ports. Its bytes are shared
 * by all who see it and are not changed.
 *
 * @param bytes destination, source, type, payload
 */
public record Frame(byte[] bytes, Offload offload) {
    /** Bytes before the payload: two addresses and a type. */
    public static final int HEADER = 14;

    /** Most bytes of a frame: the largest IP packet behind a header with a VLAN tag. */
    public static final int MOST = 65535 + HEADER + 4;

    private static final int SOURCE = 6;
    private static final int TYPE = 12;

    public Frame {
        if (bytes.length < HEADER) {
            throw new IllegalArgumentException("a frame of " + bytes.length + " bytes");
        }
    }

    /** A frame as it comes from a wire. */
    public Frame(byte[] bytes) {
        this(bytes, Offload.NONE);
    }

    public MacAddress destination() {
        return MacAddress.at(bytes, 0);
    }

    public MacAddress source() {
        return MacAddress.at(bytes, SOURCE);
    }

    /** The type field, such as 0x0800. */
    public int type() {
        return Bits.u16(bytes, TYPE);
    }

    /**
     * A number that is the same for all frames of one connection, so that they stay in order, and
     * likely another for others.
     */
    public int flow() {
        return Headers.of(bytes)
                .map(h -> h.flow(bytes))
                .orElseGet(() -> Long.hashCode(destination().bits() * 31 + source().bits()));
    }

    /** Bytes of the frame. */
    public int length() {
        return bytes.length;
    }
}
