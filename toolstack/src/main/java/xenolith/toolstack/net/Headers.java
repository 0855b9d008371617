package xenolith.toolstack.net;

import java.util.Optional;

/**
 * Where the headers of a frame with TCP or UDP in IP lie. All places are checked to lie in the
 * frame.
 *
 * @param ip where the IP header begins
 * @param v6 whether it is one of IPv6
 * @param transport where the header of TCP or UDP begins
 * @param protocol {@link #TCP} or {@link #UDP}
 * @param end behind the last byte of the IP packet
 */
record Headers(int ip, boolean v6, int transport, int protocol, int end) {
    static final int TCP = 6;
    static final int UDP = 17;

    private static final int VLAN = 0x8100;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    /** Extension headers of IPv6 that may stand before the transport header (RFC 8200, 4). */
    private static final int HOP_BY_HOP = 0;

    private static final int ROUTING = 43;
    private static final int DESTINATION = 60;

    private static final int V4_HEADER = 20;
    private static final int V6_HEADER = 40;
    private static final int TCP_HEADER = 20;
    private static final int UDP_HEADER = 8;

    /** The headers of {@code frame}; empty if it holds no whole TCP or UDP. */
    static Optional<Headers> of(byte[] frame) {
        int at = Frame.HEADER;
        int type = Bits.u16(frame, 12);
        if (type == VLAN && frame.length >= at + 4) {
            type = Bits.u16(frame, at + 2);
            at += 4;
        }
        return switch (type) {
            case IPV4 -> v4(frame, at);
            case IPV6 -> v6(frame, at);
            default -> Optional.empty();
        };
    }

    private static Optional<Headers> v4(byte[] f, int ip) {
        if (f.length < ip + V4_HEADER || Bits.u8(f, ip) >>> 4 != 4) {
            return Optional.empty();
        }
        int header = (f[ip] & 0xf) * 4;
        int total = Bits.u16(f, ip + 2);
        boolean fragment = (Bits.u16(f, ip + 6) & 0x3fff) != 0;
        if (header < V4_HEADER || total < header || ip + total > f.length || fragment) {
            return Optional.empty();
        }
        return transport(f, ip, false, ip + header, Bits.u8(f, ip + 9), ip + total);
    }

    private static Optional<Headers> v6(byte[] f, int ip) {
        if (f.length < ip + V6_HEADER || Bits.u8(f, ip) >>> 4 != 6) {
            return Optional.empty();
        }
        int end = ip + V6_HEADER + Bits.u16(f, ip + 4);
        int next = Bits.u8(f, ip + 6);
        int at = ip + V6_HEADER;
        if (end > f.length) {
            return Optional.empty();
        }
        while (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION) {
            if (at + 8 > end) {
                return Optional.empty();
            }
            next = Bits.u8(f, at);
            at += 8 + 8 * Bits.u8(f, at + 1);
        }
        return transport(f, ip, true, at, next, end);
    }

    private static Optional<Headers> transport(
            byte[] f, int ip, boolean v6, int at, int protocol, int end) {
        boolean whole =
                switch (protocol) {
                    case TCP ->
                            at + TCP_HEADER <= end
                                    && tcpHeader(f, at) >= TCP_HEADER
                                    && at + tcpHeader(f, at) <= end;
                    case UDP -> at + UDP_HEADER <= end;
                    default -> false;
                };
        return whole ? Optional.of(new Headers(ip, v6, at, protocol, end)) : Optional.empty();
    }

    private static int tcpHeader(byte[] f, int at) {
        return (Bits.u8(f, at + 12) >>> 4) * 4;
    }

    /** A number made of addresses and ports. */
    int flow(byte[] f) {
        int hash = Bits.u32(f, transport);
        for (int at = ip + (v6 ? 8 : 12), end = at + (v6 ? 32 : 8); at < end; at += 4) {
            hash = (hash ^ Bits.u32(f, at)) * 0x9e3779b1;
        }
        return hash ^ hash >>> 16;
    }

    /** Where the payload of TCP or UDP begins. */
    int payload(byte[] f) {
        return transport + (protocol == TCP ? tcpHeader(f, transport) : UDP_HEADER);
    }

    /** Where the checksum of TCP or UDP lies. */
    int checksum() {
        return transport + (protocol == TCP ? 16 : 6);
    }
}
