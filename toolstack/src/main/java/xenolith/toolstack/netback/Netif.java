package xenolith.toolstack.netback;

/** Numbers of public/io/netif.h. */
final class Netif {
    /** Bytes of a slot of the transmit ring: a request; a response and extra info are shorter. */
    static final int TX_SLOT = 12;

    /** Bytes of a slot of the receive ring. */
    static final int RX_SLOT = 8;

    static final int TX_CSUM_BLANK = 1;
    static final int TX_DATA_VALIDATED = 2;
    static final int TX_MORE_DATA = 4;
    static final int TX_EXTRA_INFO = 8;

    static final int RX_DATA_VALIDATED = 1;
    static final int RX_CSUM_BLANK = 2;
    static final int RX_MORE_DATA = 4;
    static final int RX_EXTRA_INFO = 8;

    static final int EXTRA_GSO = 1;
    static final int EXTRA_MCAST_ADD = 2;
    static final int EXTRA_MCAST_DEL = 3;
    static final int EXTRA_HASH = 4;
    static final int EXTRA_XDP = 5;
    static final int EXTRA_FLAG_MORE = 1;

    static final int GSO_TCPV4 = 1;
    static final int GSO_TCPV6 = 2;

    static final int RSP_DROPPED = -2;
    static final int RSP_ERROR = -1;
    static final int RSP_OKAY = 0;
    static final int RSP_NULL = 1;

    private static final int PAGE = 4096;

    private Netif() {}

    static int u16(byte[] slot, int at) {
        return slot[at] & 0xff | (slot[at + 1] & 0xff) << 8;
    }

    static int u32(byte[] slot, int at) {
        return u16(slot, at) | u16(slot, at + 2) << 16;
    }

    static void put16(byte[] slot, int at, int value) {
        slot[at] = (byte) value;
        slot[at + 1] = (byte) (value >>> 8);
    }

    /**
     * struct netif_tx_request, read once.
     *
     * @param size of the whole frame in a frame's first request, of the fragment in the others
     */
    record TxRequest(int gref, int offset, int flags, int id, int size) {
        static TxRequest of(byte[] slot) {
            return new TxRequest(
                    u32(slot, 0), u16(slot, 4), u16(slot, 6), u16(slot, 8), u16(slot, 10));
        }

        boolean has(int flag) {
            return (flags & flag) != 0;
        }

        TxRequest withSize(int newSize) {
            return new TxRequest(gref, offset, flags, id, newSize);
        }

        /** Whether the bytes lie in their page. */
        boolean inPage() {
            return offset + size <= PAGE;
        }
    }

    /** struct netif_extra_info, read once: the union's six bytes begin at 2. */
    record Extra(int type, int flags, byte[] slot) {
        static Extra of(byte[] slot) {
            return new Extra(slot[0] & 0xff, slot[1] & 0xff, slot.clone());
        }

        int gsoSize() {
            return u16(slot, 2);
        }

        int gsoType() {
            return slot[4] & 0xff;
        }

        long mcastAddress() {
            long bits = 0;
            for (int i = 2; i < 8; i++) {
                bits = bits << 8 | slot[i] & 0xff;
            }
            return bits;
        }
    }
}
