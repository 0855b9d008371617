package xenolith.hypervisor.event;

import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Evtchn;

/** One event channel end. */
final class Channel {
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
