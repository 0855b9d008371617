package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;

/**
 * What mmu_update and mmuext_op have in common: a list of requests that stops at the first failure,
 * how many were done, pauses between requests and within them, and page tables that are let go of
 * piece by piece (Xen's old_guest_table).
 *
 * @param list address of the first request
 * @param count number of requests, with {@link #PREEMPTED}
 * @param done address of the number of requests done, or 0
 * @param foreign the call's last argument
 */
record RequestList(Vcpu v, long list, long count, long done, long foreign) {
    /** Bit of the count: a continued call, whose number of done requests is to be added to. */
    static final long PREEMPTED = 1L << 31;

    /** A request at its address; 0 or -errno. */
    @FunctionalInterface
    interface Request {
        long perform(long at);
    }

    /** Whether nothing is left of tables that an earlier call let go of; else the call pauses. */
    boolean oldTablesGone(DomainMemory d) {
        if (!d.hasOldTables()) {
            return true;
        }
        FrameTable f = d.frames();
        f.lock().lock();
        try {
            return d.putOldTables();
        } finally {
            f.lock().unlock();
        }
    }

    /** Makes the whole call again. */
    long again() {
        return Continuation.again(v, list, count, done, foreign);
    }

    /** Whether only old tables were left: the result is in the last argument then. */
    boolean onlyResult() {
        return list == 0 && (count & 0xffff_ffffL) == PREEMPTED;
    }

    long result() {
        int rc = (int) foreign;
        if (rc < 0) {
            v.domain.refuse("as said when the call began to let go of page tables");
        }
        return rc;
    }

    /** Requests in the list. */
    long length() {
        return count & PREEMPTED - 1;
    }

    /**
     * Performs the requests, {@code size} bytes each.
     *
     * @param weight units of work that a request costs
     * @param d whose tables they change
     */
    long perform(DomainMemory d, int size, int weight, Request request) {
        long before = doneBefore();
        long n = length();
        long i = 0;
        long rc = 0;
        while (i < n && rc == 0) {
            if (d.hasOldTables() || Continuation.due(v, i, weight)) {
                rc = -Errno.ERESTART;
                break;
            }
            rc = one(request, list + i * size);
            i += rc == 0 ? 1 : 0;
        }
        if (rc == -Errno.ERESTART) {
            writeDone(before + i);
            return Continuation.again(v, list + i * size, n - i | PREEMPTED, done, foreign);
        }
        if (rc != 0) {
            v.domain.refuse("request " + i + " of " + n);
        }
        writeDone(before + i);
        return d.hasOldTables() ? Continuation.again(v, 0, PREEMPTED, 0, rc & 0xffff_ffffL) : rc;
    }

    private static long one(Request request, long at) {
        try {
            return request.perform(at);
        } catch (GuestAccessException e) {
            return -Errno.EFAULT;
        }
    }

    /** How many requests earlier parts of this call have done. */
    long doneBefore() {
        if ((count & PREEMPTED) == 0 || done == 0) {
            return 0;
        }
        try {
            return GuestAccess.get32(v, done);
        } catch (GuestAccessException e) {
            return 0;
        }
    }

    /** As Xen: a bad address is no failure of the call. */
    void writeDone(long value) {
        if (done == 0) {
            return;
        }
        try {
            GuestAccess.put32(v, done, value);
        } catch (GuestAccessException e) {
            return; // the reason is in the log
        }
    }
}
