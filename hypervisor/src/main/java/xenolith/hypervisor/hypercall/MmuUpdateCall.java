package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.paging.MmuUpdate;
import xenolith.hypervisor.trace.Trace;

/**
 * mmu_update(requests, count, done, foreigndom): page-table entries by machine address. The low
 * half of the last argument names the owner of the pages, the high half less 1 that of the tables.
 */
final class MmuUpdateCall implements Handler {
    private static final int REQUEST = 16;

    @Override
    public long call(Vcpu v, long requests, long count, long done, long foreign, long a5) {
        RequestList list = new RequestList(v, requests, count, done, foreign);
        if (!list.oldTablesGone(v.domain.memory)) {
            return list.again();
        }
        if (list.onlyResult()) {
            return list.result();
        }
        GuestAccess.check(v, requests, 0);
        long tables = foreign >>> 16 & 0xffff;
        Domain tableOwner = tables == 0 ? v.domain : PageOwner.domain(v, (int) tables - 1);
        if (tableOwner == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + (tables - 1));
        }
        int pageOwner = PageOwner.find(v, foreign);
        if (pageOwner < 0) {
            list.writeDone(list.doneBefore());
            return pageOwner;
        }
        return perform(v, list, tableOwner, pageOwner);
    }

    private static long perform(Vcpu v, RequestList list, Domain tableOwner, int pageOwner) {
        DomainMemory d = tableOwner.memory;
        if (!list.oldTablesGone(d)) {
            return list.again();
        }
        Trace trace = v.domain.hypervisor.trace;
        return list.perform(
                d,
                REQUEST,
                1,
                at -> {
                    long ptr = GuestAccess.get64(v, at);
                    long value = GuestAccess.get64(v, at + 8);
                    long rc = one(v, tableOwner, pageOwner, ptr, value);
                    if (trace.mmu()) {
                        trace.line(v + String.format(" mmu_update %x = %x: %d", ptr, value, rc));
                    }
                    return rc;
                });
    }

    private static long one(Vcpu v, Domain tableOwner, int pageOwner, long ptr, long value) {
        boolean machphys = MmuUpdate.isMachphys(ptr);
        if (machphys && tableOwner != v.domain) {
            return PageOwner.refuse(v, tableOwner.domid());
        }
        if (MmuUpdate.isEntry(ptr) || machphys) {
            if (pageOwner != Domid.IO && !PageOwner.allowed(v, pageOwner)) {
                return PageOwner.refuse(v, pageOwner);
            }
            if (!PageOwner.allowed(v, tableOwner.domid())) {
                return PageOwner.refuse(v, tableOwner.domid());
            }
        }
        return MmuUpdate.update(tableOwner.memory, pageOwner, ptr, value);
    }
}
