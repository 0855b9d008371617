package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.event.EventChannels;
import xenolith.hypervisor.trace.Trace;

/** event_channel_op(cmd, arg), and its old form {cmd u32, argument at 4}. */
final class EventChannelOp implements Handler {
    /** Work of closing a port, in the units of {@link Continuation}. */
    private static final int PORT_WORK = 4;

    @Override
    public long call(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        long rc = operate(v, (int) cmd, arg);
        Trace trace = v.domain.hypervisor.trace;
        if (trace.event()) {
            trace.line(v + " event_channel_op " + cmd + ": " + rc);
        }
        return rc;
    }

    long compat(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        GuestAccess.readable(v, op, 4 + size(Evtchn.STATUS));
        int cmd = (int) GuestAccess.get32(v, op);
        return cmd > Evtchn.UNMASK
                ? v.refuse(Errno.ENOSYS, "the old call has no operation " + cmd)
                : call(v, cmd, op + 4, 0, 0, 0);
    }

    /** Bytes of an argument of more than one field, which is read as a whole; 0 for others. */
    private static int size(int cmd) {
        return switch (cmd) {
            case Evtchn.ALLOC_UNBOUND, Evtchn.BIND_IPI, Evtchn.BIND_VCPU, Evtchn.SET_PRIORITY -> 8;
            case Evtchn.BIND_INTERDOMAIN, Evtchn.BIND_VIRQ, Evtchn.BIND_PIRQ -> 12;
            case Evtchn.STATUS, Evtchn.INIT_CONTROL -> 24;
            default -> 0;
        };
    }

    private static long operate(Vcpu v, int cmd, long arg) {
        EventChannels e = v.domain.events;
        int size = size(cmd);
        if (size != 0) {
            GuestAccess.readable(v, arg, size);
        }
        return switch (cmd) {
            case Evtchn.ALLOC_UNBOUND -> allocUnbound(v, arg);
            case Evtchn.BIND_INTERDOMAIN ->
                    port(
                            v,
                            arg + 8,
                            e.bindInterdomain(
                                    (int) GuestAccess.get16(v, arg),
                                    GuestAccess.get32(v, arg + 4),
                                    null));
            case Evtchn.BIND_VIRQ ->
                    port(
                            v,
                            arg + 8,
                            e.bindVirq(GuestAccess.get32(v, arg), GuestAccess.get32(v, arg + 4)));
            case Evtchn.BIND_IPI -> port(v, arg + 4, e.bindIpi(GuestAccess.get32(v, arg)));
            case Evtchn.BIND_PIRQ -> bindPirq(v, GuestAccess.get32(v, arg));
            case Evtchn.CLOSE -> e.close(GuestAccess.get32(v, arg));
            case Evtchn.SEND -> e.send(GuestAccess.get32(v, arg));
            case Evtchn.STATUS -> status(v, arg);
            case Evtchn.BIND_VCPU ->
                    e.bindVcpu(GuestAccess.get32(v, arg), GuestAccess.get32(v, arg + 4));
            case Evtchn.UNMASK -> e.unmask(GuestAccess.get32(v, arg));
            case Evtchn.RESET, Evtchn.RESET_CONT -> {
                int domid = (int) GuestAccess.get16(v, arg);
                boolean goesOn = cmd == Evtchn.RESET_CONT;
                if (own(v, domid) && e.resetting() != goesOn) {
                    yield v.refuse(Errno.EBUSY, goesOn ? "no reset paused" : "a reset goes on");
                }
                yield own(v, domid) ? reset(v, e, arg) : foreign(v, domid);
            }
            case Evtchn.INIT_CONTROL -> initControl(v, arg);
            case Evtchn.EXPAND_ARRAY -> e.expandArray(GuestAccess.get64(v, arg));
            case Evtchn.SET_PRIORITY ->
                    e.setPriority(GuestAccess.get32(v, arg), GuestAccess.get32(v, arg + 4));
            default -> v.refuse(Errno.ENOSYS, "no operation " + cmd);
        };
    }

    /** There may be 131,071 ports: the call goes on later where it stopped (XSA-344). */
    private static long reset(Vcpu v, EventChannels e, long arg) {
        int rc = e.resetSome();
        while (rc == EventChannels.GOES_ON) {
            if (Continuation.due(v, 1, PORT_WORK * EventChannels.RESET_STEP)) {
                return Continuation.again(v, Evtchn.RESET_CONT, arg);
            }
            rc = e.resetSome();
        }
        return rc;
    }

    private static long foreign(Vcpu v, int domid) {
        return v.domain.hypervisor.channels(domid) == null
                ? v.refuse(Errno.ESRCH, "there is no domain " + domid)
                : v.refuse(Errno.EPERM, "only domain 0 may name another domain");
    }

    private static long bindPirq(Vcpu v, long pirq) {
        return pirq >= PhysicalInterrupts.COUNT
                ? v.refuse(Errno.EINVAL, "there is no physical interrupt " + pirq)
                : v.refuse(Errno.EPERM, "the domain has no physical interrupts");
    }

    private static boolean own(Vcpu v, long domid) {
        return domid == Domid.SELF || domid == v.domain.domid();
    }

    private static long port(Vcpu v, long at, int port) {
        if (port > 0) {
            GuestAccess.put32(v, at, port);
        }
        return Math.min(port, 0);
    }

    private static long allocUnbound(Vcpu v, long arg) {
        int domid = (int) GuestAccess.get16(v, arg);
        if (!own(v, domid)) {
            return foreign(v, domid);
        }
        int remote = (int) GuestAccess.get16(v, arg + 2);
        return port(v, arg + 4, v.domain.events.allocateUnbound(remote));
    }

    /** status {dom u16, port u32 at 4; status, vcpu, then two words by kind}. */
    private static long status(Vcpu v, long arg) {
        int domid = (int) GuestAccess.get16(v, arg);
        EventChannels named = own(v, domid) ? v.domain.events : v.domain.hypervisor.channels(domid);
        EventChannels.Status s = named == null ? null : named.status(GuestAccess.get32(v, arg + 4));
        if (named != null && s == null) {
            return v.refuse(Errno.EINVAL, "no such port");
        }
        if (s == null || !own(v, domid)) {
            return foreign(v, domid);
        }
        GuestAccess.put32(v, arg + 8, s.state());
        GuestAccess.put32(v, arg + 12, s.vcpu());
        switch (s.state()) {
            case Evtchn.STATUS_UNBOUND -> GuestAccess.put16(v, arg + 16, s.remoteDomid());
            case Evtchn.STATUS_INTERDOMAIN -> {
                GuestAccess.put16(v, arg + 16, s.remoteDomid());
                GuestAccess.put32(v, arg + 20, s.remotePort());
            }
            case Evtchn.STATUS_VIRQ -> GuestAccess.put32(v, arg + 16, s.virq());
            default -> {}
        }
        return 0;
    }

    /** init_control {control_gfn u64, offset u32, vcpu u32; link_bits u8 at 16}. */
    private static long initControl(Vcpu v, long arg) {
        long mfn = GuestAccess.get64(v, arg);
        long offset = GuestAccess.get32(v, arg + 8);
        long vcpu = GuestAccess.get32(v, arg + 12);
        int rc = v.domain.events.initControl(vcpu, mfn, offset);
        if (rc == 0) {
            GuestAccess.put8(v, arg + 16, Evtchn.FIFO_LINK_BITS);
        }
        return rc;
    }
}
