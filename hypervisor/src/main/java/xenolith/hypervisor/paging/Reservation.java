package xenolith.hypervisor.paging;

import java.util.BitSet;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.MachineToPhysical;

/** The reservation calls of memory_op, one extent a call; the caller copies and counts. */
public final class Reservation {
    /** Largest extent_order a guest may ask for. */
    public static final int MAX_ORDER = 9;

    private Reservation() {}

    private static boolean validOrder(int order) {
        return order >= 0 && order <= MAX_ORDER;
    }

    private static int refuseOrder(DomainMemory d, int order) {
        d.frames().log().refuse(d.domid(), "extents of order " + order + ", most is " + MAX_ORDER);
        return -Errno.EPERM;
    }

    /**
     * increase_reservation: first MFN of 2^{@code order} contiguous frames, or -errno.
     *
     * @param addressBits how wide their addresses may be (XENMEMF_address_bits), 0 for any
     */
    public static long increase(DomainMemory d, int order, int addressBits) {
        return populate(d, MachineToPhysical.INVALID, order, addressBits);
    }

    /** populate_physmap: as {@link #increase}, and sets the M2P entries from {@code pfn} on. */
    public static long populate(DomainMemory d, long pfn, int order, int addressBits) {
        if (!validOrder(order)) {
            return refuseOrder(d, order);
        }
        long mfn = d.frames().allocate(d, pfn, order, addressBits);
        if (mfn < 0) {
            String why =
                    String.format(
                            "no memory of order %d: it owns %d of %d frames, %d are free",
                            order, d.totalPages(), d.maxPages(), d.frames().freeFrames());
            d.frames().log().refuse(d.domid(), why);
            return -Errno.ENOMEM;
        }
        return mfn;
    }

    /**
     * decrease_reservation of 2^{@code order} frames from {@code mfn} on. A frame that is still
     * mapped or pinned goes when its last reference does. 0 or -errno.
     */
    public static int decrease(DomainMemory d, long mfn, int order) {
        if (!validOrder(order)) {
            return refuseOrder(d, order);
        }
        FrameTable f = d.frames();
        f.lock().lock();
        try {
            for (long i = 0; i < 1L << order; i++) {
                long one = mfn + i;
                boolean own = f.owner(one) == d.domid();
                boolean shared = own && f.isShared(one);
                if (!own || shared && !f.giveBackShared(one, d.domid())) {
                    f.log().refuse(d.domid(), "decrease_reservation: " + f.describe(one));
                    return -Errno.EINVAL;
                }
                if (!shared) {
                    f.dropAllocation(one);
                }
            }
            return 0;
        } finally {
            f.lock().unlock();
        }
    }

    /**
     * exchange: takes the {@code in} extents of 2^{@code inOrder} frames and gives as much in
     * extents of 2^{@code outOrder} for the PFNs from each of {@code outPfns} on; all or nothing.
     *
     * @param addressBits how wide the new frames' addresses may be, 0 for any
     * @return the first MFN of each new extent, or one negative errno
     */
    public static long[] exchange(
            DomainMemory d, long[] in, int inOrder, long[] outPfns, int outOrder, int addressBits) {
        if (!validOrder(inOrder) || !validOrder(outOrder)) {
            return new long[] {refuseOrder(d, Math.max(inOrder, outOrder))};
        }
        if ((long) in.length << inOrder != (long) outPfns.length << outOrder) {
            d.frames().log().refuse(d.domid(), "exchange: unequal numbers of frames");
            return new long[] {-Errno.EINVAL};
        }
        FrameTable f = d.frames();
        f.lock().lock();
        try {
            if (!allUnused(d, in, inOrder)) {
                return new long[] {-Errno.EINVAL};
            }
            long[] out = allocateAll(d, outPfns, outOrder, addressBits);
            if (out.length == outPfns.length) {
                for (long first : in) {
                    dropAll(f, first, inOrder);
                }
                return out;
            }
            f.log().refuse(d.domid(), "exchange: no " + outPfns.length + " free extents");
            return new long[] {-Errno.ENOMEM};
        } finally {
            f.lock().unlock();
        }
    }

    /** Whether {@code extents} of 2^{@code order} frames are all such as can be given away. */
    public static boolean unused(DomainMemory d, long[] extents, int order) {
        FrameTable f = d.frames();
        f.lock().lock();
        try {
            return allUnused(d, extents, order);
        } finally {
            f.lock().unlock();
        }
    }

    private static boolean allUnused(DomainMemory d, long[] extents, int order) {
        FrameTable f = d.frames();
        BitSet seen = new BitSet();
        for (long first : extents) {
            for (int i = 0; i < 1 << order; i++) {
                long mfn = first + i;
                if (f.owner(mfn) != d.domid() || !f.unused(mfn) || seen.get((int) mfn)) {
                    f.log().refuse(d.domid(), "exchange: in use: " + f.describe(mfn));
                    return false;
                }
                seen.set((int) mfn);
            }
        }
        return true;
    }

    /** All new extents, or an empty array if memory ran out. The maximum does not count here. */
    private static long[] allocateAll(DomainMemory d, long[] pfns, int order, int addressBits) {
        long[] out = new long[pfns.length];
        long maximum = d.maxPages();
        d.setMaxPages(Long.MAX_VALUE);
        try {
            for (int i = 0; i < out.length; i++) {
                out[i] = d.frames().allocate(d, pfns[i], order, addressBits);
                if (out[i] < 0) {
                    while (i-- > 0) {
                        dropAll(d.frames(), out[i], order);
                    }
                    return new long[0];
                }
            }
            return out;
        } finally {
            d.setMaxPages(maximum);
        }
    }

    private static void dropAll(FrameTable f, long first, int order) {
        for (long i = 0; i < 1L << order; i++) {
            f.dropAllocation(first + i);
        }
    }
}
