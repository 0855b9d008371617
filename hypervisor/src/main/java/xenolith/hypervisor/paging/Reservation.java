package xenolith.hypervisor.paging;

import xenolith.hypervisor.memory.DomainMemory;

/** The reservation calls of memory_op, one extent a call; the caller copies and counts. */
public final class Reservation {
    private Reservation() {}

    /** Largest extent_order a guest may ask for. */
    public static final int MAX_ORDER = 9;

    /** increase_reservation: first MFN of 2^{@code order} contiguous frames, or -errno. */
    public static long increase(DomainMemory d, int order) {
        throw new UnsupportedOperationException();
    }

    /** populate_physmap: as {@link #increase}, and sets the M2P entries from {@code pfn} on. */
    public static long populate(DomainMemory d, long pfn, int order) {
        throw new UnsupportedOperationException();
    }

    /** decrease_reservation of 2^{@code order} frames from {@code mfn} on. 0 or -errno. */
    public static int decrease(DomainMemory d, long mfn, int order) {
        throw new UnsupportedOperationException();
    }

    /**
     * exchange: takes the {@code in} extents of 2^{@code inOrder} frames and gives as much in
     * extents of 2^{@code outOrder} for the PFNs from each of {@code outPfns} on; all or nothing.
     *
     * @return the first MFN of each new extent, or one negative errno
     */
    public static long[] exchange(
            DomainMemory d, long[] in, int inOrder, long[] outPfns, int outOrder) {
        throw new UnsupportedOperationException();
    }

    /** maximum_ram_page: the highest MFN of the machine. */
    public static long maximumRamPage(DomainMemory d) {
        throw new UnsupportedOperationException();
    }
}
