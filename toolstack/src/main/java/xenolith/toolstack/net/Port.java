package xenolith.toolstack.net;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A port of a bridge: the bridge's side of a link to a guest's card, to domain 0, or out. On the
 * host's thread.
 */
public abstract class Port {
    private final String name;
    private @Nullable Bridge bridge;
    private @Nullable Capture capture;
    private Guard guard = Guard.OPEN;
    private long rxFrames;
    private long rxBytes;
    private long rxDropped;
    private long rxErrors;
    private long txFrames;
    private long txBytes;
    private long txDropped;

    /** A port with {@code name}, such as vif1.0. */
    protected Port(String name) {
        this.name = name;
    }

    /** The name, such as vif1.0 or peth0. */
    public final String name() {
        return name;
    }

    /** What is at the link's other end, in a few words. */
    public abstract String describe();

    /** Whether the other end is there. */
    public abstract boolean carrier();

    /** Sends {@code frame} to the link's other end; false if there is no room for it. */
    protected abstract boolean transmit(Frame frame);

    /** Whether this end wants {@code frame}, which the bridge floods. */
    protected boolean wants(Frame frame) {
        return true;
    }

    /** Gives a frame that came from the link's other end to the bridge. */
    protected final void receive(Frame frame) {
        Bridge b = bridge;
        if (b == null || !guard.admits(frame)) {
            rxDropped++;
            return;
        }
        rxFrames++;
        rxBytes += frame.length();
        see(frame);
        b.forward(this, frame);
    }

    /** Counts something that came from the other end and is no frame. */
    protected final void countError() {
        rxErrors++;
    }

    /** Sends a frame that the bridge has for this port. */
    final void send(Frame frame) {
        if (!transmit(frame)) {
            txDropped++;
            return;
        }
        txFrames++;
        txBytes += frame.length();
        see(frame);
    }

    private void see(Frame frame) {
        Capture c = capture;
        if (c != null) {
            c.record(frame);
        }
    }

    /** Sets which frames may come in here. */
    public final void guard(Guard newGuard) {
        guard = newGuard;
    }

    /** Writes all that passes from now on to {@code newCapture}; null for nothing. */
    public final void capture(@Nullable Capture newCapture) {
        Capture old = capture;
        capture = newCapture;
        if (old != null) {
            old.close();
        }
    }

    /** The bridge that the port belongs to. */
    public final Optional<Bridge> bridge() {
        return Optional.ofNullable(bridge);
    }

    final void join(@Nullable Bridge newBridge) {
        bridge = newBridge;
    }

    /** What passed so far. */
    public final Counters counters() {
        return new Counters(rxFrames, rxBytes, rxDropped, rxErrors, txFrames, txBytes, txDropped);
    }

    /** Leaves the bridge and ends the link. */
    public final void close() {
        Bridge b = bridge;
        if (b != null) {
            b.remove(this);
        }
        capture(null);
        closeLink();
    }

    /** Ends the link. */
    protected abstract void closeLink();
}
