package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.RunstateInfo;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuInfo;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Virq;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.domain.Activity;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.pv.StartState;
import xenolith.machine.memory.MachineMemory;

/** vcpu_op(cmd, vcpu, arg) (public/vcpu.h). */
final class VcpuOp implements Handler {
    /** VCPUOP_is_up. */
    static final int IS_UP = 3;

    private static final long MIN_PERIOD = 1_000_000;
    private static final long MAX_PERIOD = Long.MAX_VALUE / 2;
    private static final String OWN = "timers are the calling vCPU's own";

    @Override
    public long call(Vcpu v, long cmd, long id, long arg, long a4, long a5) {
        Vcpu t = v.domain.vcpuOrNull(id & 0xffff_ffffL);
        if (t == null) {
            return (int) cmd == IS_UP
                    ? -Errno.ENOENT
                    : v.refuse(Errno.ENOENT, "there is no vCPU " + id);
        }
        return switch ((int) cmd) {
            case 0 -> {
                long rc = initialise(v, t, arg);
                yield rc == -Errno.ERESTART ? Continuation.again(v, cmd, id, arg) : rc;
            }
            case 1 -> up(t);
            case 2 -> down(t);
            case IS_UP -> t.activity.online() ? 1 : 0;
            case 4 -> {
                byte[] info = t.runstateInfo(now(v));
                GuestAccess.write(v, arg, info, 0, info.length);
                yield 0;
            }
            case 5 -> registerRunstate(v, t, arg);
            case 6, 7 -> periodic(v, t, (int) cmd, arg);
            case 8, 9 -> t == v ? singleshot(v, (int) cmd, arg) : v.refuse(Errno.EINVAL, OWN);
            case 10 -> registerVcpuInfo(v, t, arg);
            case 11 -> sendNmi(t, arg);
            case 12 -> v.refuse(Errno.EINVAL, "vCPUs are not pinned to processors");
            case 13 -> registerTime(v, t, arg);
            default -> v.refuse(Errno.ENOSYS, "no operation " + (int) cmd);
        };
    }

    private static long now(Vcpu v) {
        return v.domain.hypervisor.clock.now();
    }

    private static long initialise(Vcpu v, Vcpu t, long arg) {
        if (t.id >= SharedInfo.LEGACY_VCPUS && !t.vcpuInfoPlaced()) {
            return v.refuse(Errno.EINVAL, "vCPU " + t.id + " has no vcpu_info yet");
        }
        byte[] context = GuestAccess.bytes(v, arg, GuestAccess.size(v, VcpuGuestContext.SIZE));
        if (t.initialised) {
            return v.refuse(Errno.EEXIST, "vCPU " + t.id + " was initialised before");
        }
        return StartState.load(t, context);
    }

    private static long up(Vcpu t) {
        if (!t.initialised) {
            return t.refuse(Errno.EINVAL, "vCPU " + t.id + " was never initialised");
        }
        t.activity.setOnline(true);
        return 0;
    }

    private static long down(Vcpu t) {
        t.activity.setOnline(false);
        for (Vcpu other : t.domain.vcpus()) {
            if (other.activity.online()) {
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
        byte[] info = t.runstateInfo(now(v));
        writeQuietly(v, va, info);
        return 0;
    }

    /** Writes an area in the caller's address space, if that maps it; without complaint if not. */
    private static void writeQuietly(Vcpu v, long va, byte[] area) {
        try {
            GuestAccess.write(v, va, area, 0, area.length);
        } catch (GuestAccessException e) {
            // It is written again whenever the vCPU is next scheduled.
            return;
        }
    }

    private static long periodic(Vcpu v, Vcpu t, int cmd, long arg) {
        if (cmd == 6) {
            long period = GuestAccess.get64(v, arg);
            if (period < MIN_PERIOD || period > MAX_PERIOD) {
                return v.refuse(Errno.EINVAL, "a period of " + period + " ns");
            }
            t.activity.setPeriodic(period, now(v));
        } else {
            t.activity.stopPeriodic();
        }
        return 0;
    }

    /** {deadline u64, flags u32}: a time that has passed fires at once, whatever the flags say. */
    private static long singleshot(Vcpu v, int cmd, long arg) {
        if (cmd == 8) {
            GuestAccess.readable(v, arg, 8 + v.domain.abi().word());
            long deadline = GuestAccess.get64(v, arg);
            boolean past = Long.compareUnsigned(deadline, now(v)) < 0;
            v.activity.setTimer(past ? Activity.NEVER : deadline);
            if (past) {
                v.domain.events.raiseVirq(v.id, Virq.TIMER);
            }
        } else {
            v.activity.setTimer(Activity.NEVER);
        }
        return 0;
    }

    /** {mfn u64, offset u32}. */
    private static long registerVcpuInfo(Vcpu v, Vcpu t, long arg) {
        GuestAccess.readable(v, arg, 16);
        long mfn = GuestAccess.get64(v, arg);
        long offset = GuestAccess.get32(v, arg + 8);
        String what = "vcpu_info of vCPU " + t.id;
        if (offset > MachineMemory.FRAME_SIZE - VcpuInfo.SIZE
                || (offset & v.domain.abi().word() - 1) != 0) {
            return v.refuse(Errno.ENXIO, what + " at offset 0x" + Long.toHexString(offset));
        }
        if (t.vcpuInfoPlaced() || t != v && t.activity.online()) {
            return v.refuse(Errno.EINVAL, what + " was placed before, or is in use");
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

    private static long sendNmi(Vcpu t, long arg) {
        if (arg != 0) {
            return t.refuse(Errno.EINVAL, "send_nmi takes no argument");
        }
        t.nmiPending = true;
        t.activity.wake();
        return 0;
    }

    private static long registerTime(Vcpu v, Vcpu t, long arg) {
        long va = GuestAccess.word(v, arg, 0);
        if (!GuestAccess.allowed(v, va, 32)) {
            return v.refuse(Errno.EFAULT, "an area that is not all the guest's");
        }
        t.timeArea = va;
        if (va != 0) {
            byte[] area = new byte[32];
            t.updateTime(now(v));
            v.cpu.memory.read(t.vcpuInfo() + VcpuInfo.TIME, area, 0, 32);
            writeQuietly(v, va, area);
        }
        return 0;
    }
}
