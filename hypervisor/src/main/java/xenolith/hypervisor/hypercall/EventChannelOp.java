package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.event.EventChannels;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.trace.Trace;

/** event_channel_op(cmd, arg), and its old form {cmd u32, argument at 4}. */
final class EventChannelOp implements Handler {
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
        int cmd = (int) GuestAccess.get32(v, op);
        return cmd > Evtchn.UNMASK
                ? v.refuse(Errno.ENOSYS, "the old call has no operation " + cmd)
                : call(v, cmd, op + 4, 0, 0, 0);
    }

    private static long operate(Vcpu v, int cmd, long arg) {
        EventChannels e = v.domain.events;
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
            case Evtchn.BIND_PIRQ -> v.refuse(Errno.EPERM, "the domain has no physical interrupts");
            case Evtchn.CLOSE -> e.close(GuestAccess.get32(v, arg));
            case Evtchn.SEND -> e.send(GuestAccess.get32(v, arg));
            case Evtchn.STATUS -> status(v, arg);
            case Evtchn.BIND_VCPU ->
                    e.bindVcpu(GuestAccess.get32(v, arg), GuestAccess.get32(v, arg + 4));
            case Evtchn.UNMASK -> e.unmask(GuestAccess.get32(v, arg));
            case Evtchn.RESET -> own(v, GuestAccess.get16(v, arg)) ? e.reset() : foreign(v);
            case Evtchn.INIT_CONTROL -> initControl(v, arg);
            // Only after a successful init_control.
            case Evtchn.EXPAND_ARRAY ->
                    v.refuse(Errno.EOPNOTSUPP, "the domain uses the 2-level ABI");
            default -> v.refuse(Errno.ENOSYS, "no operation " + cmd);
        };
    }

    private static long foreign(Vcpu v) {
        return v.refuse(Errno.EPERM, "only domain 0 may name another domain");
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
        if (!own(v, GuestAccess.get16(v, arg))) {
            return foreign(v);
        }
        int remote = (int) GuestAccess.get16(v, arg + 2);
        return port(v, arg + 4, v.domain.events.allocateUnbound(remote));
    }

    /** status {dom u16, port u32 at 4; status, vcpu, then two words by kind}. */
    private static long status(Vcpu v, long arg) {
        if (!own(v, GuestAccess.get16(v, arg))) {
            return foreign(v);
        }
        EventChannels.Status s = v.domain.events.status(GuestAccess.get32(v, arg + 4));
        if (s == null) {
            return v.refuse(Errno.EINVAL, "no such port");
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

    /**
     * init_control {control_gfn u64, offset u32, vcpu u32}: the FIFO ABI is not there yet, but bad
     * arguments are told apart first.
     */
    private static long initControl(Vcpu v, long arg) {
        long gfn = GuestAccess.get64(v, arg);
        long offset = GuestAccess.get32(v, arg + 8);
        Domain d = v.domain;
        if (d.vcpuOrNull(GuestAccess.get32(v, arg + 12)) == null) {
            return v.refuse(Errno.ENOENT, "no such vCPU");
        }
        if (offset > 4096 - 72 || (offset & 7) != 0) {
            return v.refuse(Errno.EINVAL, "a control block at offset " + offset);
        }
        FrameTable frames = d.hypervisor.frames;
        frames.lock().lock();
        try {
            if (!frames.getPageWritable(gfn, d.domid())) {
                return -Errno.EINVAL;
            }
            frames.putPageWritable(gfn);
        } finally {
            frames.lock().unlock();
        }
        return v.refuse(Errno.ENOSYS, "the FIFO ABI is not there yet");
    }
}
