package xenolith.hypervisor.hypercall;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.TrapInfo;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Selector;
import xenolith.abi.xen.Selector32;
import xenolith.hypervisor.domain.Callback;
import xenolith.hypervisor.domain.Vcpu;

/** stack_switch, set_callbacks, callback_op and nmi_op: where the guest's kernel is entered. */
final class EntryPoints {
    private static final int TYPE_EVENT = 0;
    private static final int TYPE_FAILSAFE = 1;
    private static final int TYPE_SYSCALL = 2;
    private static final int TYPE_NMI = 4;
    private static final int TYPE_SYSENTER = 5;
    private static final int TYPE_SYSCALL32 = 7;
    private static final int MASK_EVENTS = 1;

    /** Bytes of {type u16, padding}. */
    static final int UNREGISTER_SIZE = 4;

    private static final String NOT_CANONICAL = "the handler's address is not canonical";

    private EntryPoints() {}

    /** stack_switch(ss, sp): the kernel's stack for entries from user mode. */
    static long stackSwitch(Vcpu v, long ss, long sp, long a3, long a4, long a5) {
        v.kernelSs = v.domain.compat() ? Compat.selector((int) ss) : (int) ss & 0xffff | 3;
        v.kernelSp = sp;
        return 0;
    }

    /** set_callbacks(event, failsafe, syscall). */
    static long setCallbacks(Vcpu v, long event, long failsafe, long syscall, long a4, long a5) {
        set(v, v.eventCallback, event, true);
        set(v, v.failsafeCallback, failsafe, false);
        set(v, v.syscallCallback, syscall, false);
        return 0;
    }

    /** As Xen: an address that is not canonical changes nothing, and the call is a success. */
    private static void set(Vcpu v, Callback callback, long address, boolean maskEvents) {
        if (Pte.canonical(address)) {
            callback.set(address, maskEvents);
        } else {
            v.domain.refuse(NOT_CANONICAL);
        }
    }

    /** callback_op(cmd, arg): 0 register {type u16, flags u16, address u64}, 1 unregister. */
    static long callbackOp(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        if ((int) cmd != 0 && (int) cmd != 1) {
            return v.refuse(Errno.ENOSYS, "callback_op registers (0) or unregisters (1)");
        }
        GuestAccess.readable(v, arg, (int) cmd == 1 ? UNREGISTER_SIZE : 16);
        int type = (int) GuestAccess.get16(v, arg);
        if ((int) cmd == 1) {
            return unregister(v, type);
        }
        int flags = (int) GuestAccess.get16(v, arg + 2);
        long address = GuestAccess.get64(v, arg + 8);
        if (!Pte.canonical(address)) {
            return v.refuse(Errno.EINVAL, NOT_CANONICAL);
        }
        if (type == TYPE_NMI) {
            return registerNmi(v, address);
        }
        Callback callback = callback(v, type);
        if (callback == null) {
            return v.refuse(Errno.ENOSYS, "no callback of type " + type);
        }
        callback.set(address, type == TYPE_EVENT || (flags & MASK_EVENTS) != 0);
        return 0;
    }

    static long unregister(Vcpu v, int type) {
        if (type == TYPE_NMI) {
            return unregisterNmi(v);
        }
        if (callback(v, type) == null) {
            return v.refuse(Errno.ENOSYS, "no callback of type " + type);
        }
        return v.refuse(Errno.EINVAL, "a kernel cannot do without its callback of type " + type);
    }

    static @Nullable Callback callback(Vcpu v, int type) {
        return switch (type) {
            case TYPE_EVENT -> v.eventCallback;
            case TYPE_FAILSAFE -> v.failsafeCallback;
            case TYPE_SYSCALL -> v.syscallCallback;
            case TYPE_SYSENTER -> v.sysenterCallback;
            case TYPE_SYSCALL32 -> v.syscall32Callback;
            default -> null;
        };
    }

    static long registerNmi(Vcpu v, long address) {
        v.trapAddress[Vector.NMI] = address;
        v.trapCs[Vector.NMI] =
                v.domain.compat() ? Selector32.FLAT_KERNEL_CODE : Selector.FLAT_CODE64;
        v.trapFlags[Vector.NMI] = TrapInfo.MASK_EVENTS;
        return 0;
    }

    private static long unregisterNmi(Vcpu v) {
        v.trapAddress[Vector.NMI] = 0;
        v.trapCs[Vector.NMI] = 0;
        v.trapFlags[Vector.NMI] = 0;
        return 0;
    }

    /** nmi_op(cmd, arg): 0 register {address u64}, 1 unregister. */
    static long nmiOp(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        if ((int) cmd == 0) {
            GuestAccess.readable(v, arg, 2 * v.domain.abi().word());
            long address = GuestAccess.word(v, arg, 0);
            return Pte.canonical(address)
                    ? registerNmi(v, address)
                    : v.refuse(Errno.EINVAL, NOT_CANONICAL);
        }
        if ((int) cmd == 1) {
            return unregisterNmi(v);
        }
        return v.refuse(Errno.ENOSYS, "nmi_op registers (0) or unregisters (1)");
    }
}
