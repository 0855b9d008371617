package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.OperationName;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.MmuextOp;
import xenolith.hypervisor.trace.Trace;

/** mmuext_op(ops, count, done, foreigndom): pins, roots, flushes; stops at the first failure. */
final class MmuextOpCall implements Handler {
    private static final Layout LAYOUT = new Layout();
    private static final Field CMD = LAYOUT.bytes(4);
    private static final Field ARG1 = LAYOUT.word();
    private static final Field ARG2 = LAYOUT.word();
    private static final Field OP = LAYOUT.end();

    /** Pins and flushes cost as much as some tens of entries. */
    private static final int WEIGHT = 32;

    @Override
    public long call(Vcpu v, long ops, long count, long done, long foreign, long a5) {
        if (!MmuUpdateCall.own(v, foreign)) {
            return MmuUpdateCall.refuseForeign(v, foreign);
        }
        long before = 0;
        if ((count & MmuUpdateCall.PREEMPTED) != 0 && done != 0) {
            before = GuestAccess.get32(v, done);
        }
        long n = count & MmuUpdateCall.PREEMPTED - 1;
        Trace trace = v.domain.hypervisor.trace;
        long i = 0;
        long rc = 0;
        try {
            for (; i < n && rc == 0; i++) {
                if (Continuation.due(v, i, WEIGHT)) {
                    break;
                }
                long at = ops + i * GuestAccess.size(v, OP);
                int cmd = (int) GuestAccess.get(v, at, CMD);
                long arg1 = GuestAccess.get(v, at, ARG1);
                long arg2 = GuestAccess.get(v, at, ARG2);
                rc = one(v, cmd, arg1, arg2);
                if (rc != 0) {
                    String name = OperationName.mmuext(cmd);
                    v.domain.refuse(String.format("%s(%x, %x)", name, arg1, arg2));
                }
                if (trace.mmu()) {
                    trace.line(v + String.format(" mmuext %d(%x, %x): %d", cmd, arg1, arg2, rc));
                }
            }
        } catch (GuestAccessException e) {
            rc = -Errno.EFAULT;
            i++;
        }
        if (rc != 0) {
            v.domain.refuse("operation " + (i - 1) + " of " + n);
        }
        if (done != 0) {
            GuestAccess.put32(v, done, before + (rc == 0 ? i : i - 1));
        }
        if (rc == 0 && i < n) {
            long left = n - i | MmuUpdateCall.PREEMPTED;
            return Continuation.again(v, ops + i * GuestAccess.size(v, OP), left, done, foreign);
        }
        return rc;
    }

    private static long one(Vcpu v, int cmd, long arg1, long arg2) {
        return switch (cmd) {
            case 0, 1, 2, 3 -> MmuextOp.pin(v.domain.paging, cmd + 1, arg1);
            case 4 -> MmuextOp.unpin(v.domain.paging, arg1);
            case 5 -> MmuextOp.newBaseptr(v.paging, arg1);
            // Flushes: cached translations agree with the tables at all times.
            case 6, 7, 10, 11 -> 0;
            case 8, 9 -> Targets.check(v, arg2);
            // Caches: only for domains with devices.
            case 12, 18 -> v.refuse(Errno.EACCES, "the domain has no devices");
            case 13 -> MmuextOp.setLdt(v.paging, arg1, arg2 & 0xffff_ffffL);
            case 15 -> MmuextOp.newUserBaseptr(v.paging, arg1);
            case 16 -> MmuextOp.clearPage(v.domain.paging, arg1);
            case 17 -> MmuextOp.copyPage(v.domain.paging, arg1, arg2);
            case 19, 20 -> v.refuse(Errno.EOPNOTSUPP, "superpages of PV guests are switched off");
            default -> v.refuse(Errno.ENOSYS, "no operation " + cmd);
        };
    }
}
