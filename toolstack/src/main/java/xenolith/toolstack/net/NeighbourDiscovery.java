package xenolith.toolstack.net;

import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;

/**
 * Which of IPv6's frames to groups are meant for the way out (RFC 4861, RFC 8415): questions for a
 * router, and for all neighbours but those behind the bridge. These are known by what each asks
 * before it takes an address (RFC 4862, 5.4).
 */
final class NeighbourDiscovery {
    private static final int IPV6 = 0x86dd;
    private static final int NEXT_HEADER = Frame.HEADER + 6;
    private static final int SOURCE = Frame.HEADER + 8;
    private static final int PAYLOAD = Frame.HEADER + 40;
    private static final int ADDRESS = 16;
    private static final int ICMPV6 = 58;
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int NEIGHBOUR_SOLICITATION = 135;
    private static final int TARGET = PAYLOAD + 8;
    private static final int DHCPV6_SERVER = 547;

    private static final String UNSPECIFIED = "0".repeat(2 * ADDRESS);

    /** One for each guest is usual. */
    private static final int MOST_ROUTERS = 300;

    /** Addresses that one station may take. */
    private static final int MOST_ADDRESSES = 32;

    /** In hexadecimal. */
    private final Set<String> routers = new HashSet<>();

    private final Map<String, MacAddress> taken = new HashMap<>();

    /** Takes note of a frame that came from the router. */
    void learn(Frame frame) {
        byte[] f = frame.bytes();
        if (isIcmp(frame, ROUTER_ADVERTISEMENT) && routers.size() < MOST_ROUTERS) {
            routers.add(address(f, SOURCE));
        }
    }

    /** Forgets the addresses of the station {@code mac}, which is gone. */
    void leave(MacAddress mac) {
        taken.values().removeIf(mac::equals);
    }

    /** Whether {@code frame}, which is for a group, is meant for the way out. */
    boolean isForOutside(Frame frame) {
        byte[] f = frame.bytes();
        if (isIcmp(frame, NEIGHBOUR_SOLICITATION)) {
            return f.length >= TARGET + ADDRESS
                    && asksOutside(frame.source(), address(f, SOURCE), address(f, TARGET));
        }
        return isIcmp(frame, ROUTER_SOLICITATION)
                || frame.type() == IPV6
                        && Headers.of(f)
                                .filter(h -> h.v6() && h.protocol() == Headers.UDP)
                                .filter(h -> Bits.u16(f, h.transport() + 2) == DHCPV6_SERVER)
                                .isPresent();
    }

    private boolean asksOutside(MacAddress mac, String source, String target) {
        if (routers.contains(target)) {
            return true; // whoever says that it was his
        }
        if (source.equals(UNSPECIFIED)) {
            if (taken.values().stream().filter(mac::equals).count() < MOST_ADDRESSES) {
                taken.putIfAbsent(target, mac);
            }
            return false;
        }
        return !taken.containsKey(target);
    }

    private static boolean isIcmp(Frame frame, int type) {
        byte[] f = frame.bytes();
        return frame.type() == IPV6
                && f.length > PAYLOAD
                && Bits.u8(f, NEXT_HEADER) == ICMPV6
                && Bits.u8(f, PAYLOAD) == type;
    }

    private static String address(byte[] f, int at) {
        return HexFormat.of().formatHex(f, at, at + ADDRESS);
    }
}
