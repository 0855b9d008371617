package xenolith.toolstack.console;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ring.ByteRing;
import xenolith.toolstack.ring.SharedPage;

/**
 * Domain 0's end of a PV console (public/io/console.h): what the guest writes goes to a {@link
 * ConsoleOutput} at once, what is typed goes to the guest as it makes room.
 */
public final class ConsoleBackend {
    private static final int IN_SIZE = 1024;
    private static final int OUT_SIZE = 2048;
    private static final int OUT_DATA = 1024;
    private static final int IN_CONS = 3072;
    private static final int IN_PROD = 3076;
    private static final int OUT_CONS = 3080;
    private static final int OUT_PROD = 3084;

    private final DomainControl domain;
    private final ConsoleOutput output;
    private final ByteRing in;
    private final ByteRing out;
    private final DomainControl.EventEnd channel;
    private final byte[] buffer = new byte[OUT_SIZE];

    /** Typed but not yet on the domain's thread. */
    private final Queue<byte[]> typed = new ConcurrentLinkedQueue<>();

    /** Waiting for room in the ring; used on the domain's thread only. */
    private final Deque<byte[]> waiting = new ArrayDeque<>();

    /**
     * Attaches to the console of {@code domain}.
     *
     * @param mfn frame of its console page
     * @param port the guest's port, unbound
     */
    public ConsoleBackend(DomainControl domain, long mfn, int port, ConsoleOutput output)
            throws ControlException {
        this.domain = domain;
        this.output = output;
        SharedPage page = new SharedPage(domain, mfn);
        this.in = new ByteRing(page, 0, IN_SIZE, IN_CONS, IN_PROD);
        this.out = new ByteRing(page, OUT_DATA, OUT_SIZE, OUT_CONS, OUT_PROD);
        this.channel = domain.bind(port, this::poll);
    }

    /**
     * Moves what there is to move, both ways. Called after each notification; a host also calls it
     * when the guest yields or has ended. On the domain's thread.
     */
    public void poll() {
        if (out.isCorrupt()) {
            out.drop();
        }
        boolean moved = false;
        for (int n; (n = out.take(buffer, 0, buffer.length)) > 0; ) {
            output.print(buffer, n);
            moved = true;
        }
        moved |= feed();
        if (moved) {
            channel.notifyGuest();
        }
    }

    /** Types {@code bytes}. From any thread. */
    public void type(byte[] bytes) {
        typed.add(bytes.clone());
        domain.post(this::poll);
    }

    private boolean feed() {
        for (byte[] bytes; (bytes = typed.poll()) != null; ) {
            if (bytes.length > 0) {
                waiting.add(bytes);
            }
        }
        boolean moved = false;
        for (byte[] bytes; (bytes = waiting.poll()) != null; ) {
            int n = in.put(bytes, 0, bytes.length);
            moved |= n > 0;
            if (n < bytes.length) {
                waiting.addFirst(java.util.Arrays.copyOfRange(bytes, n, bytes.length));
                break;
            }
        }
        return moved;
    }
}
