package xenolith.toolstack.netback;

import java.util.List;
import xenolith.toolstack.net.Completion;
import xenolith.toolstack.net.Frame;
import xenolith.toolstack.net.Offload;
import xenolith.toolstack.xenbus.FrontendNodes;
import xenolith.toolstack.xenbus.XenbusException;

/**
 * What a front end can receive (the feature- nodes of public/io/netif.h).
 *
 * @param scatter frames in more than one page
 * @param gso4 packets of TCP over IPv4 that were not cut into segments, {@code gso6} over IPv6
 * @param blank4 blank checksums over IPv4, {@code blank6} over IPv6
 */
record Abilities(boolean scatter, boolean gso4, boolean gso6, boolean blank4, boolean blank6) {
    private static final int PAGE = 4096;
    private static final int IPV6 = 0x86dd;

    static Abilities of(FrontendNodes frontend) throws XenbusException {
        return new Abilities(
                frontend.flag("feature-sg"),
                frontend.flag("feature-gso-tcpv4"),
                frontend.flag("feature-gso-tcpv6"),
                !frontend.flag("feature-no-csum-offload"),
                frontend.flag("feature-ipv6-csum-offload"));
    }

    /** {@code frame} as frames that the front end can receive; none if there is no way. */
    List<Frame> suit(Frame frame) {
        Offload offload = frame.offload();
        boolean can =
                switch (offload.gso()) {
                    case NONE -> !offload.blank() || blank(frame);
                    case TCPV4 -> scatter && gso4 && blank4;
                    case TCPV6 -> scatter && gso6 && blank6;
                };
        List<Frame> frames = can ? List.of(frame) : Completion.of(frame);
        return scatter || frames.stream().allMatch(f -> f.length() <= PAGE) ? frames : List.of();
    }

    private boolean blank(Frame frame) {
        return frame.type() == IPV6 ? blank6 : blank4;
    }
}
