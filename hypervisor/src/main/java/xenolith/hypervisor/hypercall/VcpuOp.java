package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.RunstateInfo;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuInfo;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.pv.StartState;
import xenolith.machine.memory.MachineMemory;

/** vcpu_op(cmd, vcpu, arg) (public/vcpu.h). */
final class VcpuOp implements Handler {
    private static final long MIN_PERIOD = 1_000_000;
    private static final long MAX_PERIOD = Long.MAX_VALUE / 2;
    private static final int SINGLESHOT_FUTURE = 1;
    private static final String OWN = "timers are the calling vCPU's own";

    @Override
    public long call(Vcpu v, long cmd, long id, long arg, long a4, long a5) {
        Vcpu t = v.domain.vcpuOrNull(id);
        if (t == null) {
            return v.refuse(Errno.ENOENT, "there is no vCPU " + id);
        }
        return switch ((int) cmd) {
            case 0 -> {
                long rc = initialise(v, t, arg);
                yield rc == -Errno.ERESTART ? Continuation.again(v, cmd, id, arg) : rc;
            }
            case 1 -> up(t);
            case 2 -> down(t);
            case 3 -> t.online ? 1 : 0;
            case 4 -> {
                byte[] info = t.runstateInfo(now(v));
                GuestAccess.write(v, arg, info, 0, info.length);
                yield 0;
            }
            case 5 -> registerRunstate(v, t, arg);
            case 6, 7, 8, 9 -> t == v ? timer(v, (int) cmd, arg) : v.refuse(Errno.EINVAL, OWN);
            case 10 -> registerVcpuInfo(v, t, arg);
            case 11 -> sendNmi(t);
            case 12 -> v.refuse(Errno.EINVAL, "vCPUs are not pinned to processors");
            case 13 -> registerTime(v, t, arg);
            default -> v.refuse(Errno.ENOSYS, "no operation " + (int) cmd);
        };
    }

    private static long now(Vcpu v) {
        return v.domain.hypervisor.clock.now();
    }

    private static long initialise(Vcpu v, Vcpu t, long arg) {
        if (t.initialised) {
            return v.refuse(Errno.EEXIST, "vCPU " + t.id + " was initialised before");
        }
        byte[] context = GuestAccess.bytes(v, arg, GuestAccess.size(v, VcpuGuestContext.SIZE));
        return StartState.load(t, context);
    }

    private static long up(Vcpu t) {
        if (!t.initialised) {
            return t.refuse(Errno.EINVAL, "vCPU " + t.id + " was never initialised");
        }
        t.online = true;
        return 0;
    }

    private static long down(Vcpu t) {
        t.online = false;
        for (Vcpu other : t.domain.vcpus()) {
            if (other.online) {
                return 0;
            }
        }
        t.domain.shutdown(ShutdownReason.POWEROFF);
        return 0;
    }

    private static long registerRunstate(Vcpu v, Vcpu t, long arg) {
        long va = GuestAccess.word(v, arg, 0);
        if (!GuestAccess.allowed(v, va, GuestAccess.size(v, RunstateInfo.SIZE))) {
            return v.refuse(Errno.EFAULT, "an area that is not all the guest's");
        }
        t.runstateArea = va;
        if (t == v && va != 0) {
            byte[] info = t.runstateInfo(now(v));
            GuestAccess.write(v, va, info, 0, info.length);
        }
        return 0;
    }

    private static long timer(Vcpu v, int cmd, long arg) {
        switch (cmd) {
            case 6 -> {
                long period = GuestAccess.get64(v, arg);
                if (period < MIN_PERIOD || period > MAX_PERIOD) {
                    return v.refuse(Errno.EINVAL, "a period of " + period + " ns");
                }
                v.periodicPeriod = period;
                v.periodicNext = now(v) + period;
            }
            case 7 -> v.periodicNext = Vcpu.NEVER;
            case 8 -> {
                long deadline = GuestAccess.get64(v, arg);
                long flags = GuestAccess.get32(v, arg + 8);
                if ((flags & SINGLESHOT_FUTURE) != 0 && deadline < now(v)) {
                    return v.refuse(Errno.ETIME, "the time is past: " + deadline);
                }
                v.timerDeadline = deadline;
            }
            default -> v.timerDeadline = Vcpu.NEVER;
        }
        v.domain.hypervisor.timersChanged();
        return 0;
    }

    /** {mfn u64, offset u32}. */
    private static long registerVcpuInfo(Vcpu v, Vcpu t, long arg) {
        long mfn = GuestAccess.get64(v, arg);
        long offset = GuestAccess.get32(v, arg + 8);
        if (t.vcpuInfoPlaced()
                || offset > MachineMemory.FRAME_SIZE - VcpuInfo.SIZE
                || (offset & 7) != 0
                || t != v && t.online) {
            String why = "vcpu_info of vCPU " + t.id + " at 0x" + Long.toHexString(offset);
            return v.refuse(Errno.EINVAL, why + ": placed before, misplaced, or in use");
        }
        FrameTable frames = v.domain.hypervisor.frames;
        frames.lock().lock();
        try {
            // Held until the domain dies: the page stays writable and the domain's.
            if (!frames.getPageWritable(mfn, v.domain.domid())) {
                return -Errno.EINVAL;
            }
        } finally {
            frames.lock().unlock();
        }
        t.placeVcpuInfo((mfn << MachineMemory.FRAME_SHIFT) + offset);
        v.domain.events.raiseAll(t.id);
        t.updateTime(now(v));
        return 0;
    }

    private static long sendNmi(Vcpu t) {
        if (t.trapAddress[Vector.NMI] == 0) {
            return t.refuse(Errno.EINVAL, "vCPU " + t.id + " has no NMI handler");
        }
        t.nmiPending = true;
        t.wake();
        return 0;
    }

    private static long registerTime(Vcpu v, Vcpu t, long arg) {
        long va = GuestAccess.word(v, arg, 0);
        if (!GuestAccess.allowed(v, va, 32)) {
            return v.refuse(Errno.EFAULT, "an area that is not all the guest's");
        }
        t.timeArea = va;
        if (va != 0 && t == v) {
            byte[] area = new byte[32];
            v.cpu.memory.read(v.vcpuInfo() + VcpuInfo.TIME, area, 0, 32);
            GuestAccess.write(v, va, area, 0, 32);
        }
        return 0;
    }
}
