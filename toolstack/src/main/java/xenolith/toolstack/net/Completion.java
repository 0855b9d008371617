package xenolith.toolstack.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Does what a frame's sender left undone, for links that carry whole frames only: fills in blank
 * checksums and cuts large TCP packets into segments, as Linux' skb_checksum_help and
 * tcp_gso_segment do.
 */
public final class Completion {
    /** Least payload of a segment; what asks for less is no frame of a TCP that works. */
    private static final int LEAST_SEGMENT = 8;

    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_FLAGS = 13;
    private static final int FIN = 1;
    private static final int PSH = 8;
    private static final int CWR = 128;

    private Completion() {}

    /**
     * The frames to send for {@code frame}, nothing left undone in them; none if what it says of
     * itself contradicts its bytes.
     */
    public static List<Frame> of(Frame frame) {
        Offload offload = frame.offload();
        if (!offload.blank() && offload.gso() == Offload.Gso.NONE) {
            return List.of(frame);
        }
        Optional<Headers> headers = Headers.of(frame.bytes());
        if (headers.isEmpty()) {
            return List.of();
        }
        Headers h = headers.get();
        if (offload.gso() == Offload.Gso.NONE) {
            byte[] bytes = frame.bytes().clone();
            Checksum.fillTransport(bytes, h);
            return List.of(new Frame(bytes));
        }
        boolean fits =
                h.protocol() == Headers.TCP
                        && h.v6() == (offload.gso() == Offload.Gso.TCPV6)
                        && offload.size() >= LEAST_SEGMENT;
        return fits ? segments(frame.bytes(), h, offload.size()) : List.of();
    }

    /**
     * As {@link #of}, but large packets of TCP stay whole, for a link that takes them: only their
     * checksum is filled in.
     */
    static List<Frame> uncut(Frame frame) {
        Offload offload = frame.offload();
        if (offload.gso() != Offload.Gso.TCPV4) {
            return of(frame);
        }
        Optional<Headers> headers = Headers.of(frame.bytes());
        if (headers.isEmpty() || headers.get().protocol() != Headers.TCP) {
            return List.of();
        }
        byte[] bytes = frame.bytes().clone();
        Checksum.fillTransport(bytes, headers.get());
        return List.of(new Frame(bytes));
    }

    private static List<Frame> segments(byte[] f, Headers h, int size) {
        List<Frame> frames = new ArrayList<>();
        int start = h.payload(f);
        int at = start;
        do {
            int n = Math.min(size, h.end() - at);
            frames.add(new Frame(segment(f, h, at, n, frames.size())));
            at += n;
        } while (at < h.end());
        return frames;
    }

    /** Segment {@code number}, with the {@code n} bytes of payload from {@code at} on. */
    private static byte[] segment(byte[] f, Headers h, int at, int n, int number) {
        int header = h.payload(f);
        byte[] s = new byte[header + n];
        System.arraycopy(f, 0, s, 0, header);
        System.arraycopy(f, at, s, header, n);
        int index = at - header;
        int tcp = h.transport();
        Bits.put32(s, tcp + TCP_SEQUENCE, Bits.u32(f, tcp + TCP_SEQUENCE) + index);
        int flags = Bits.u8(f, tcp + TCP_FLAGS);
        if (at + n < h.end()) {
            flags &= ~(FIN | PSH);
        }
        if (index > 0) {
            flags &= ~CWR;
        }
        s[tcp + TCP_FLAGS] = (byte) flags;
        if (h.v6()) {
            Bits.put16(s, h.ip() + 4, s.length - h.ip() - 40);
        } else {
            Bits.put16(s, h.ip() + 2, s.length - h.ip());
            Bits.put16(s, h.ip() + 4, Bits.u16(f, h.ip() + 4) + number);
            Checksum.fillIpv4(s, h.ip());
        }
        Checksum.fillTransport(s, new Headers(h.ip(), h.v6(), tcp, h.protocol(), s.length));
        return s;
    }
}
