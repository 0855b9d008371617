package xenolith.toolstack.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Puts neighbouring segments of one TCP connection over IPv4 together to a large packet, as Linux'
 * GRO does, since a guest spends its time by packets and not by bytes. What is not such a segment
 * passes as it is; the order of frames stays. Held frames wait for {@link #flush} at most. On one
 * thread at a time.
 */
final class Merger {
    /** Most bytes of a large packet; IP's length has 16 bits. */
    private static final int MOST = 65535;

    /** Least payload of a segment that is worth it; the smallest MSS of IPv4. */
    private static final int LEAST = 536;

    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_ACKNOWLEDGEMENT = 8;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_OPTIONS = 20;
    private static final int PSH = 8;
    private static final int ACK = 16;

    private final Consumer<Frame> taker;
    private final List<Frame> held = new ArrayList<>();

    /** Of the first frame held. */
    private @Nullable Headers first;

    private int segment;
    private int bytes;
    private int next;

    /** Gives {@code taker} what comes out. */
    Merger(Consumer<Frame> taker) {
        this.taker = taker;
    }

    /** Takes the next frame. */
    void take(Frame frame) {
        Headers h = segment(frame).orElse(null);
        if (h == null) {
            flush();
            taker.accept(frame);
            return;
        }
        byte[] f = frame.bytes();
        int payload = h.end() - h.payload(f);
        if (!follows(f, h, payload)) {
            flush();
            first = h;
            segment = payload;
            bytes = h.payload(f);
        }
        held.add(frame);
        bytes += payload;
        next = Bits.u32(f, h.transport() + TCP_SEQUENCE) + payload;
        boolean last = payload < segment || (f[h.transport() + TCP_FLAGS] & PSH) != 0;
        if (last) {
            flush();
        }
    }

    /** The headers of a frame that may be one of many: data, and nothing special about it. */
    private static Optional<Headers> segment(Frame frame) {
        if (!frame.offload().equals(Offload.NONE)) {
            return Optional.empty();
        }
        byte[] f = frame.bytes();
        return Headers.of(f)
                .filter(h -> !h.v6() && h.protocol() == Headers.TCP && h.ip() == Frame.HEADER)
                .filter(h -> h.transport() == h.ip() + 20 && h.end() > h.payload(f))
                .filter(h -> (f[h.transport() + TCP_FLAGS] & ~PSH) == ACK)
                .filter(h -> Checksum.right(f, h));
    }

    private boolean follows(byte[] f, Headers h, int payload) {
        if (first == null || segment < LEAST || payload > segment || bytes + payload > MOST) {
            return false;
        }
        byte[] o = held.getFirst().bytes();
        int tcp = h.transport();
        int options = h.payload(f) - tcp;
        return next == Bits.u32(f, tcp + TCP_SEQUENCE)
                && same(f, o, 0, h.ip() + 2) // Ethernet, the type of service
                && same(f, o, h.ip() + 6, h.ip() + 10) // flags, hops, protocol
                && same(f, o, h.ip() + 12, tcp + TCP_SEQUENCE) // addresses, ports
                && same(f, o, tcp + TCP_ACKNOWLEDGEMENT, tcp + TCP_FLAGS)
                && first.payload(o) - tcp == options
                && same(f, o, tcp + TCP_OPTIONS, tcp + options);
    }

    private static boolean same(byte[] a, byte[] b, int from, int to) {
        return Arrays.equals(a, from, to, b, from, to);
    }

    /** Gives what is held on. */
    void flush() {
        Headers h = first;
        first = null;
        if (held.size() == 1 || h == null) {
            held.forEach(taker);
        } else {
            taker.accept(whole(h));
        }
        held.clear();
    }

    private Frame whole(Headers h) {
        byte[] o = held.getFirst().bytes();
        int header = h.payload(o);
        byte[] all = Arrays.copyOf(o, bytes);
        int at = header;
        for (Frame frame : held) {
            byte[] f = frame.bytes();
            int n = Math.min(Bits.u16(f, h.ip() + 2) + h.ip(), f.length) - header;
            System.arraycopy(f, header, all, at, n);
            at += n;
        }
        byte[] last = held.getLast().bytes();
        all[h.transport() + TCP_FLAGS] |= (byte) (last[h.transport() + TCP_FLAGS] & PSH);
        // the newest window
        System.arraycopy(last, h.transport() + 14, all, h.transport() + 14, 2);
        Bits.put16(all, h.ip() + 2, bytes - h.ip());
        Checksum.fillIpv4(all, h.ip());
        Headers now = new Headers(h.ip(), false, h.transport(), Headers.TCP, bytes);
        Checksum.fillPseudo(all, now);
        return new Frame(all, new Offload(true, true, Offload.Gso.TCPV4, segment));
    }
}
