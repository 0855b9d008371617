package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.MmuUpdate;
import xenolith.hypervisor.trace.Trace;

/** mmu_update(requests, count, done, foreigndom): page-table entries by machine address. */
final class MmuUpdateCall implements Handler {
    private static final int REQUEST = 16;

    /** Bit of the count: a continued call, whose number of done requests is to be added to. */
    static final long PREEMPTED = 1L << 31;

    @Override
    public long call(Vcpu v, long requests, long count, long done, long foreign, long a5) {
        if (!own(v, foreign)) {
            return refuseForeign(v, foreign);
        }
        long before = 0;
        if ((count & PREEMPTED) != 0 && done != 0) {
            before = GuestAccess.get32(v, done);
        }
        long n = count & PREEMPTED - 1;
        Trace trace = v.domain.hypervisor.trace;
        long i = 0;
        long rc = 0;
        try {
            for (; i < n && rc == 0; i++) {
                if (Continuation.due(v, i, 1)) {
                    break;
                }
                long at = requests + i * REQUEST;
                long ptr = GuestAccess.get64(v, at);
                long value = GuestAccess.get64(v, at + 8);
                rc = MmuUpdate.update(v.paging, ptr, value);
                if (trace.mmu()) {
                    trace.line(v + String.format(" mmu_update %x = %x: %d", ptr, value, rc));
                }
            }
        } catch (GuestAccessException e) {
            rc = -Errno.EFAULT;
            i++;
        }
        if (rc != 0) {
            v.domain.refuse("request " + (i - 1) + " of " + n);
        }
        long succeeded = rc == 0 ? i : i - 1;
        if (done != 0) {
            GuestAccess.put32(v, done, before + succeeded);
        }
        if (rc == 0 && i < n) {
            return Continuation.again(v, requests + i * REQUEST, n - i | PREEMPTED, done, foreign);
        }
        return rc;
    }

    static long refuseForeign(Vcpu v, long foreign) {
        return v.refuse(Errno.EPERM, String.format("0x%x names another domain", foreign));
    }

    /** Whether the fourth argument names the caller itself, for tables and for pages. */
    static boolean own(Vcpu v, long foreign) {
        long pages = foreign & 0xffff;
        long tables = foreign >>> 16 & 0xffff;
        boolean ownPages = pages == Domid.SELF || pages == v.domain.domid();
        return ownPages && (tables == 0 || tables - 1 == v.domain.domid());
    }
}
