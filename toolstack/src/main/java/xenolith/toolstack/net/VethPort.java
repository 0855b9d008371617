package xenolith.toolstack.net;

import java.util.function.Consumer;

/**
 * vif0.N: the bridge's side of domain 0's own interface, vethN, as Xen's network-bridge script made
 * the pair. Domain 0's end is whoever takes its frames: a program of this machine behind a socket,
 * or Java code.
 */
public final class VethPort extends Port {
    private final int number;
    private Consumer<Frame> taker = frame -> {};
    private boolean taken;

    /** Pair {@code number}: vif0.N and vethN. */
    public VethPort(int number) {
        super("vif0." + number);
        this.number = number;
    }

    /** Name of domain 0's end. */
    public String endName() {
        return "veth" + number;
    }

    @Override
    public String describe() {
        return endName() + ", domain 0's own interface";
    }

    @Override
    public boolean carrier() {
        return taken;
    }

    /** Sets who is given what the bridge sends to domain 0, nothing left undone in it. */
    public void connect(Consumer<Frame> newTaker) {
        taker = newTaker;
        taken = true;
    }

    /** Nobody is at domain 0's end any more. */
    public void disconnect() {
        taker = frame -> {};
        taken = false;
    }

    /** Sends a frame from domain 0. */
    public void sendFromDomain0(Frame frame) {
        receive(frame);
    }

    @Override
    protected boolean wants(Frame frame) {
        return taken;
    }

    @Override
    protected boolean transmit(Frame frame) {
        if (!taken) {
            return false;
        }
        var frames = Completion.of(frame);
        frames.forEach(taker);
        return !frames.isEmpty();
    }

    @Override
    protected void closeLink() {
        disconnect();
    }
}
