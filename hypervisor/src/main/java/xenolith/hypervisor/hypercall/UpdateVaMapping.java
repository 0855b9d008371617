package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.MmuUpdate;
import xenolith.hypervisor.trace.Trace;

/** update_va_mapping(va, entry, flags): one level-1 entry of the current tables. */
final class UpdateVaMapping implements Handler {
    private static final long FLUSH_MASK = 3;
    private static final long ALL = 4;

    @Override
    public long call(Vcpu v, long va, long entry, long flags, long a4, long a5) {
        return map(v, v.domain.domid(), va, entry, flags);
    }

    private static long map(Vcpu v, int pageOwner, long va, long entry, long flags) {
        long rc = MmuUpdate.updateVaMapping(v.paging, pageOwner, va, entry);
        Trace trace = v.domain.hypervisor.trace;
        if (trace.mmu()) {
            trace.line(v + String.format(" update_va_mapping %x = %x: %d", va, entry, rc));
        }
        // The third kind of flush is none.
        int flush = (int) (flags & FLUSH_MASK);
        long whom = flags & ~FLUSH_MASK;
        boolean list = flush != 0 && flush != FLUSH_MASK && whom != 0 && whom != ALL;
        return rc == 0 && list ? Targets.check(v, whom) : rc;
    }

    /** update_va_mapping_otherdomain(va, entry, flags, domid): a page of another domain. */
    static long otherDomain(Vcpu v, long va, long entry, long flags, long domid, long a5) {
        int owner = PageOwner.find(v, domid);
        if (owner < 0) {
            return owner;
        }
        return PageOwner.allowed(v, owner)
                ? map(v, owner, va, entry, flags)
                : PageOwner.refuse(v, owner);
    }
}
