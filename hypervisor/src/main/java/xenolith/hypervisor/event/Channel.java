package xenolith.hypervisor.event;

import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Evtchn;

/** One event channel end. */
final class Channel {
    final int port;

    /** One of {@code Evtchn.STATUS_*}. */
    int state = Evtchn.STATUS_CLOSED;

    /** The vCPU that is told. */
    int vcpu;

    /** Unbound: who may bind. Interdomain: who has. */
    int remoteDomid;

    /** Interdomain: the other end. */
    @Nullable EventChannels remote;

    int remotePort;

    /** VIRQ: which. */
    int virq;

    /** Domain 0's ends: what a notification calls. */
    @Nullable Runnable handler;

    // ---- FIFO ABI
    /** The queue for coming events: 0 is first. */
    int priority;

    /** vCPU and priority of the queue on which it was last, and may be still. */
    int lastVcpu;

    int lastPriority;

    /** Became pending while the guest had no word for it. */
    boolean pendingWithoutWord;

    Channel(int port) {
        this.port = port;
    }

    /** The end is closed; what queue it was on is remembered. */
    void clear() {
        state = Evtchn.STATUS_CLOSED;
        vcpu = 0;
        remoteDomid = 0;
        remote = null;
        remotePort = 0;
        virq = 0;
        handler = null;
    }
}
