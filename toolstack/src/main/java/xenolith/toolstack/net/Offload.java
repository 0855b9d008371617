package xenolith.toolstack.net;

/**
 * What a sender left undone in a frame for whoever takes it (NETTXF_* and XEN_NETIF_EXTRA_TYPE_GSO
 * of public/io/netif.h).
 *
 * @param blank the checksum of TCP or UDP is not filled in
 * @param validated that checksum need not be looked at: it is blank, or was found good
 * @param gso which protocol's segmentation is left undone
 * @param size bytes of payload in each segment to be; 0 without {@code gso}
 */
public record Offload(boolean blank, boolean validated, Gso gso, int size) {
    /** A frame as it goes over a wire. */
    public static final Offload NONE = new Offload(false, false, Gso.NONE, 0);

    /** Protocols whose segmentation can be left undone. */
    public enum Gso {
        NONE,
        TCPV4,
        TCPV6
    }
}
