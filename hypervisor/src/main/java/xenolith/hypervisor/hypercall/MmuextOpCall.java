package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.OperationName;
import xenolith.hypervisor.domain.Domain;
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
        RequestList list = new RequestList(v, ops, count, done, foreign);
        if (!list.oldTablesGone(v.domain.memory)) {
            return list.again();
        }
        if (list.onlyResult()) {
            return list.result();
        }
        GuestAccess.check(v, ops, 0);
        if (v.domain.compat() && list.length() == 0) {
            return 0;
        }
        int id = PageOwner.find(v, foreign);
        if (id < 0) {
            return id;
        }
        if (!PageOwner.allowed(v, id)) {
            return PageOwner.refuse(v, id);
        }
        Domain owner = PageOwner.domain(v, id);
        if (owner == null) {
            return v.refuse(Errno.EINVAL, "d" + id + " is no paravirtual domain");
        }
        if (!list.oldTablesGone(owner.memory)) {
            return list.again();
        }
        int size = GuestAccess.size(v, OP);
        return list.perform(owner.memory, size, WEIGHT, at -> one(v, owner, at));
    }

    private static long one(Vcpu v, Domain owner, long at) {
        int cmd = (int) GuestAccess.get(v, at, CMD);
        long arg1 = GuestAccess.get(v, at, ARG1);
        long arg2 = GuestAccess.get(v, at, ARG2);
        boolean own = owner == v.domain || cmd <= 4 || cmd == 16 || cmd == 17 || cmd >= 19;
        long rc = own ? one(v, owner, cmd, arg1, arg2) : PageOwner.refuse(v, owner.domid());
        if (rc != 0 && rc != -Errno.ERESTART) {
            String name = OperationName.mmuext(cmd);
            v.domain.refuse(String.format("%s(%x, %x)", name, arg1, arg2));
        }
        Trace trace = v.domain.hypervisor.trace;
        if (trace.mmu()) {
            trace.line(v + String.format(" mmuext %d(%x, %x): %d", cmd, arg1, arg2, rc));
        }
        return rc;
    }

    private static long one(Vcpu v, Domain owner, int cmd, long arg1, long arg2) {
        return switch (cmd) {
            case 0, 1, 2, 3 -> MmuextOp.pin(owner.paging, cmd + 1, arg1);
            case 4 -> MmuextOp.unpin(owner.paging, arg1);
            case 5 -> MmuextOp.newBaseptr(v.paging, arg1);
            // Flushes: cached translations agree with the tables at all times.
            case 6, 7, 10, 11 -> 0;
            case 8, 9 -> Targets.readable(v, arg2) ? 0 : -Errno.EINVAL;
            case 12 -> v.refuse(Errno.EACCES, "the domain has no devices");
            case 18 -> v.refuse(Errno.EINVAL, "the domain has no devices");
            case 13 -> MmuextOp.setLdt(v.paging, arg1, arg2 & 0xffff_ffffL);
            case 15 ->
                    v.domain.compat()
                            ? v.refuse(Errno.EINVAL, "a 32-bit guest has one page-table base")
                            : MmuextOp.newUserBaseptr(v.paging, arg1);
            case 16 -> MmuextOp.clearPage(owner.paging, arg1);
            case 17 -> MmuextOp.copyPage(owner.paging, arg1, arg2);
            case 19, 20 -> v.refuse(Errno.EOPNOTSUPP, "superpages of PV guests are switched off");
            default -> v.refuse(Errno.ENOSYS, "no operation " + cmd);
        };
    }
}
