package xenolith.hypervisor.hypercall;

import java.util.Arrays;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.MachineToPhysical;
import xenolith.hypervisor.paging.Reservation;

/**
 * XENMEM_exchange {in, out, nr_exchanged word}: gives frames back for as many others, which are
 * contiguous as far as the order of {@code out} goes. It works in chunks of the larger order; what
 * is done when a chunk fails stays done, and nr_exchanged tells how many extents that is.
 */
final class MemoryExchange {
    /** Difference of the orders up to which the lists of an extent fit into two pages. */
    private static final int MOST_TRANSLATED = 9;

    private final Vcpu v;
    private final MemoryExtents in;
    private final MemoryExtents out;
    private final long doneAt;

    /** By how much the order of the one side exceeds the other's. */
    private final int inChunk;

    private final int outChunk;

    private MemoryExchange(Vcpu v, long arg) {
        int size = GuestAccess.size(v, MemoryExtents.SIZE);
        this.v = v;
        this.in = MemoryExtents.at(v, arg);
        this.out = MemoryExtents.at(v, arg + size);
        this.doneAt = arg + 2L * size;
        this.inChunk = (int) Math.max(0, out.order() - in.order());
        this.outChunk = (int) Math.max(0, in.order() - out.order());
    }

    static long exchange(Vcpu v, long arg) {
        MemoryExchange e = new MemoryExchange(v, arg);
        long done = GuestAccess.word(v, e.doneAt, 0);
        int rc = v.domain.compat() ? e.checkCompat(done) : 0;
        if (rc != 0) {
            return rc;
        }
        rc = e.check(done);
        if (rc != 0) {
            GuestAccess.putWord(v, e.doneAt, 0, done);
            return rc;
        }
        return done == e.in.count() ? 0 : e.run(arg, done);
    }

    /** What Xen looks at first, where it has to translate the lists; nothing is written back. */
    private int checkCompat(long done) {
        boolean sane =
                done <= in.count()
                        && (inChunk == 0 || (done & (1L << inChunk) - 1) == 0)
                        && in.fitsInt()
                        && out.fitsInt()
                        && in.count() << in.order() == out.count() << out.order();
        if (!sane) {
            return v.refuse(Errno.EINVAL, "extents of unequal size, or out of range");
        }
        if (!in.reachable(v, 0) || !out.reachable(v, 0)) {
            return v.refuse(Errno.EFAULT, "lists that are not all the guest's");
        }
        return Math.max(inChunk, outChunk) > MOST_TRANSLATED
                ? v.refuse(Errno.E2BIG, "a list of more than a thousand frames for one extent")
                : 0;
    }

    private int check(long done) {
        if (Math.max(in.order(), out.order()) > Reservation.MAX_ORDER) {
            return v.refuse(Errno.EPERM, "an order beyond " + Reservation.MAX_ORDER);
        }
        boolean sane =
                Long.compareUnsigned(done, in.count()) <= 0
                        && in.domid() == out.domid()
                        && in.fits()
                        && out.fits()
                        && in.count() << in.order() == out.count() << out.order();
        if (!sane) {
            return v.refuse(Errno.EINVAL, "extents of unequal size, or out of range");
        }
        if (done == in.count()) {
            return 0;
        }
        long outDone = done >>> inChunk << outChunk;
        if (!in.reachable(v, done) || !out.reachable(v, outDone)) {
            return v.refuse(Errno.EFAULT, "lists that are not all the guest's");
        }
        if (out.insistsOnNode()) {
            return v.refuse(Errno.EINVAL, "only domain 0 may insist on a node");
        }
        if (GrantTableOp.byAnyId(v, (int) in.domid()) == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + in.domid());
        }
        return GrantTableOp.own(v, in.domid())
                ? 0
                : v.refuse(Errno.EPERM, "only domain 0 may name another domain");
    }

    private long run(long arg, long done) {
        int search = v.domain.hypervisor.frames.searchWork((int) out.order(), out.addressBits());
        int weight = (1 << Math.max(in.order(), out.order())) + (search << outChunk);
        long first = done >>> inChunk;
        for (long i = first; i < in.count() >>> inChunk; i++) {
            if (Continuation.due(v, i - first, weight)) {
                GuestAccess.putWord(v, doneAt, 0, i << inChunk);
                return Continuation.again(v, MemoryOp.EXCHANGE, arg);
            }
            long rc;
            try {
                rc = chunk(i);
            } catch (GuestAccessException e) {
                rc = -Errno.EFAULT;
            }
            if (rc != 0) {
                GuestAccess.putWord(v, doneAt, 0, i << inChunk);
                return rc;
            }
        }
        GuestAccess.putWord(v, doneAt, 0, in.count());
        return 0;
    }

    private long chunk(long i) {
        long[] given = new long[1 << inChunk];
        for (int j = 0; j < given.length; j++) {
            try {
                given[j] = GuestAccess.word(v, in.list(), (i << inChunk) + j);
            } catch (GuestAccessException e) {
                // Xen has looked at those before.
                long[] before = Arrays.copyOf(given, j);
                boolean good = Reservation.unused(v.domain.memory, before, (int) in.order());
                return good ? -Errno.EFAULT : -Errno.EINVAL;
            }
        }
        long[] pfns = new long[1 << outChunk];
        boolean[] unread = new boolean[pfns.length];
        for (int j = 0; j < pfns.length; j++) {
            try {
                pfns[j] = GuestAccess.word(v, out.list(), (i << outChunk) + j);
            } catch (GuestAccessException e) {
                if (v.domain.compat()) {
                    throw e;
                }
                // Too late to fail, as on Xen: the frame has no PFN.
                pfns[j] = MachineToPhysical.INVALID;
                unread[j] = true;
            }
        }
        long[] taken =
                Reservation.exchange(
                        v.domain.memory,
                        given,
                        (int) in.order(),
                        pfns,
                        (int) out.order(),
                        out.addressBits());
        if (taken.length == 1 && taken[0] < 0) {
            return taken[0];
        }
        long rc = 0;
        for (int j = 0; j < taken.length; j++) {
            boolean told = !unread[j] && tell((i << outChunk) + j, taken[j]);
            rc = told ? rc : -Errno.EFAULT;
        }
        return rc;
    }

    private boolean tell(long i, long mfn) {
        try {
            GuestAccess.putWord(v, out.list(), i, mfn);
            return true;
        } catch (GuestAccessException e) {
            return false;
        }
    }
}
