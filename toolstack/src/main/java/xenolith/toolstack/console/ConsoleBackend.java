package xenolith.toolstack.console;

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
    private final ConsoleInput input;
    private final byte[] buffer = new byte[OUT_SIZE];
    private final byte[] next = new byte[IN_SIZE];

    /**
     * Attaches to the console of {@code domain}.
     *
     * @param mfn frame of its console page
     * @param port the guest's port, unbound
     * @param input what is typed; {@link #wake} tells of more
     */
    public ConsoleBackend(
            DomainControl domain, long mfn, int port, ConsoleInput input, ConsoleOutput output)
            throws ControlException {
        this.domain = domain;
        this.input = input;
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

    /** Tells that there is input. From any thread. */
    public void wake() {
        domain.post(this::poll);
    }

    private boolean feed() {
        boolean moved = false;
        for (int n; (n = input.peek(next)) > 0; ) {
            int put = Math.max(0, in.put(next, 0, n));
            input.drop(put);
            moved |= put > 0;
            if (put < n) {
                break;
            }
        }
        return moved;
    }
}
