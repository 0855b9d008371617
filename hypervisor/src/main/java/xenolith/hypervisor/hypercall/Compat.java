package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Callback;
import xenolith.hypervisor.domain.Vcpu;

/**
 * Calls whose arguments a 32-bit guest passes otherwise than a 64-bit one: 64-bit values in two
 * registers, code addresses with their selectors. Structures in memory are read by their layouts.
 */
final class Compat {
    private static final int TYPE_EVENT = 0;
    private static final int TYPE_SYSCALL = 2;
    private static final int TYPE_NMI = 4;
    private static final int MASK_EVENTS = 1;

    /** struct callback_register of a 32-bit guest. */
    private static final Layout REGISTER = new Layout();

    private static final Field TYPE = REGISTER.bytes(2);
    private static final Field FLAGS = REGISTER.bytes(2);
    private static final Field CS = REGISTER.word();
    private static final Field EIP = REGISTER.word();
    private static final Field END = REGISTER.end();

    private Compat() {}

    /** A selector as Xen keeps it: of ring 1 at least. */
    static int selector(int given) {
        int sel = given & 0xffff;
        return (sel & 3) == 0 ? sel | 1 : sel;
    }

    private static long pair(long low, long high) {
        return low & 0xffff_ffffL | high << 32;
    }

    /** update_va_mapping(va, low, high, flags). */
    static Handler updateVaMapping(Handler call) {
        return (v, va, low, high, flags, a5) -> call.call(v, va, pair(low, high), flags, 0, 0);
    }

    /** update_va_mapping_otherdomain(va, low, high, flags, domid). */
    static Handler otherDomain(Handler call) {
        return (v, va, low, high, flags, domid) ->
                call.call(v, va, pair(low, high), flags, domid, 0);
    }

    /** update_descriptor(address low, high, descriptor low, high). */
    static Handler updateDescriptor(Handler call) {
        return (v, low, high, a, b, a5) -> call.call(v, pair(low, high), pair(a, b), 0, 0, 0);
    }

    /** set_timer_op(low, high). */
    static Handler setTimer(Handler call) {
        return (v, low, high, a3, a4, a5) -> call.call(v, pair(low, high), 0, 0, 0, 0);
    }

    /** set_callbacks(event CS, EIP, failsafe CS, EIP). */
    static long setCallbacks(Vcpu v, long eventCs, long event, long failCs, long fail, long a5) {
        v.eventCallback.set(selector((int) eventCs), event, true);
        v.failsafeCallback.set(selector((int) failCs), fail, false);
        return 0;
    }

    /** callback_op(cmd, arg): 0 register {type u16, flags u16, cs, eip}, 1 unregister. */
    static long callbackOp(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        if ((int) cmd != 0 && (int) cmd != 1) {
            return v.refuse(Errno.EINVAL, "callback_op registers (0) or unregisters (1)");
        }
        int size = (int) cmd == 1 ? EntryPoints.UNREGISTER_SIZE : GuestAccess.size(v, END);
        GuestAccess.readable(v, arg, size);
        int type = (int) GuestAccess.get(v, arg, TYPE);
        if (type == TYPE_SYSCALL) {
            return v.refuse(Errno.ENOSYS, "SYSCALL leads to 32-bit kernels by type 7 only");
        }
        if ((int) cmd == 1) {
            return EntryPoints.unregister(v, type);
        }
        int flags = (int) GuestAccess.get(v, arg, FLAGS);
        int cs = selector((int) GuestAccess.get(v, arg, CS));
        long eip = GuestAccess.get(v, arg, EIP);
        if (type == TYPE_NMI) {
            return EntryPoints.registerNmi(v, eip);
        }
        Callback callback = EntryPoints.callback(v, type);
        if (callback == null) {
            return v.refuse(Errno.ENOSYS, "no callback of type " + type);
        }
        callback.set(cs, eip, type == TYPE_EVENT || (flags & MASK_EVENTS) != 0);
        return 0;
    }
}
