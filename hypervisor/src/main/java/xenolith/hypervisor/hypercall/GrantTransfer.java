package xenolith.hypervisor.hypercall;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantRefs;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.memory.FrameTable;

/**
 * GNTTABOP_transfer: a page of the caller's becomes another domain's. Once the page is found fit
 * the caller has lost it, whatever goes wrong afterwards.
 */
final class GrantTransfer {
    private static final Layout LAYOUT = new Layout();
    private static final Field MFN = LAYOUT.word();
    private static final Field DOMID = LAYOUT.bytes(2);
    private static final Field REF = LAYOUT.bytes(4);
    private static final Field STATUS = LAYOUT.bytes(2);

    /** An element's size. */
    static final Field SIZE = LAYOUT.end();

    /** struct gnttab_transfer at {@code at}. */
    int transfer(Vcpu v, long at) {
        long mfn = GuestAccess.get(v, at, MFN);
        int domid = (int) GuestAccess.get(v, at, DOMID);
        long ref = GuestAccess.get(v, at, REF);
        FrameTable frames = v.domain.hypervisor.frames;
        int status;
        frames.lock().lock();
        try {
            if (frames.owner(mfn) != v.domain.domid() || !frames.unused(mfn)) {
                status = GrantTableOp.refuse(v, GrantStatus.BAD_PAGE, frames.describe(mfn));
            } else {
                status = give(v, mfn, v.domain.hypervisor.domain(domid), ref);
                if (status != GrantStatus.OKAY) {
                    frames.dropAllocation(mfn);
                }
            }
        } finally {
            frames.lock().unlock();
        }
        GuestAccess.put(v, at, STATUS, status);
        return status;
    }

    private static int give(Vcpu v, long mfn, @Nullable Domain to, long ref) {
        Domain from = v.domain;
        if (to == null) {
            return GrantTableOp.refuse(v, GrantStatus.BAD_DOMAIN, "there is no such domain");
        }
        // The page has left its owner by now, which may be the receiver.
        long left = to == from ? 1 : 0;
        if (to.memory.dying() || to.memory.totalPages() - left >= to.memory.maxPages()) {
            String why = "d" + to.domid() + " has no room for a page";
            return GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, why);
        }
        if (!GrantRefs.commitTransfer(to.grants, ref, from.domid())) {
            return GrantStatus.GENERAL_ERROR;
        }
        from.hypervisor.frames.transfer(mfn, to.memory, GrantRefs.wantedFrame(to.grants, ref));
        GrantRefs.completeTransfer(to.grants, ref, mfn);
        return GrantStatus.OKAY;
    }
}
