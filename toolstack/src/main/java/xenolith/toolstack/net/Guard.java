package xenolith.toolstack.net;

import java.util.Optional;
import java.util.Set;

/**
 * Which frames may come into a bridge by a port: what the antispoof rules of Xen's network scripts
 * do for a guest's card.
 *
 * @param mac the only source address of frames and of what ARP says in them; empty for any
 * @param ipv4 the only source addresses of IPv4 and ARP (each four bytes as a number), 0.0.0.0
 *     aside, by which a guest asks for an address; empty for any
 */
public record Guard(Optional<MacAddress> mac, Set<Integer> ipv4) {
    /** Everything may come in. */
    public static final Guard OPEN = new Guard(Optional.empty(), Set.of());

    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int IPV4_HEADER = 20;
    private static final int IPV4_SOURCE = 12;
    private static final int ARP_LENGTH = 28;
    private static final int ARP_SENDER_MAC = 8;
    private static final int ARP_SENDER_IP = 14;

    public Guard {
        ipv4 = Set.copyOf(ipv4);
    }

    /** Whether {@code frame} may come in. A group's address is never a source. */
    boolean admits(Frame frame) {
        MacAddress source = frame.source();
        if (source.group() || mac.isPresent() && !source.equals(mac.get())) {
            return false;
        }
        byte[] f = frame.bytes();
        return switch (frame.type()) {
            case ARP ->
                    f.length >= Frame.HEADER + ARP_LENGTH
                            && (mac.isEmpty()
                                    || MacAddress.at(f, Frame.HEADER + ARP_SENDER_MAC)
                                            .equals(source))
                            && known(Bits.u32(f, Frame.HEADER + ARP_SENDER_IP));
            case IPV4 ->
                    f.length >= Frame.HEADER + IPV4_HEADER
                            && known(Bits.u32(f, Frame.HEADER + IPV4_SOURCE));
            default -> ipv4.isEmpty();
        };
    }

    private boolean known(int address) {
        return ipv4.isEmpty() || address == 0 || ipv4.contains(address);
    }
}
