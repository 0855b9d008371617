package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.MmuUpdate;
import xenolith.hypervisor.trace.Trace;

/** update_va_mapping(va, entry, flags): one level-1 entry of the current tables. */
final class UpdateVaMapping implements Handler {
    private static final long FLUSH_MASK = 3;
    private static final long ALL = 4;

    @Override
    public long call(Vcpu v, long va, long entry, long flags, long a4, long a5) {
        int flush = (int) (flags & FLUSH_MASK);
        if (flush == FLUSH_MASK) {
            return v.refuse(Errno.EINVAL, "both kinds of flush");
        }
        long whom = flags & ~FLUSH_MASK;
        if (flush != 0 && whom != 0 && whom != ALL) {
            Targets.check(v, whom);
        }
        long rc = MmuUpdate.updateVaMapping(v.paging, va, entry);
        Trace trace = v.domain.hypervisor.trace;
        if (trace.mmu()) {
            trace.line(v + String.format(" update_va_mapping %x = %x: %d", va, entry, rc));
        }
        return rc;
    }

    /** update_va_mapping_otherdomain: only domain 0 may name another domain. */
    static long otherDomain(Vcpu v, long va, long entry, long flags, long domid, long a5) {
        if ((domid & 0xffff) != Domid.SELF && (domid & 0xffff) != v.domain.domid()) {
            return MmuUpdateCall.refuseForeign(v, domid);
        }
        return new UpdateVaMapping().call(v, va, entry, flags, 0, 0);
    }
}
