package xenolith.machine.mmu;

import xenolith.abi.x86.Pte;

/**
 * Ranges of linear addresses whose accesses are told: the data breakpoints of a processor. While an
 * {@link Mmu} has one, no TLB keeps its pages, so that each access to them comes the slow way.
 */
public final class Watch {
    private static final int RANGES = 4;

    private final long[] first = new long[RANGES];
    private final long[] last = new long[RANGES];
    private final boolean[] used = new boolean[RANGES];
    private final boolean[] reads = new boolean[RANGES];
    private int hits;

    /** Watches no range. */
    public void clear() {
        java.util.Arrays.fill(used, false);
        hits = 0;
    }

    /**
     * Range {@code i} (0 to 3) is {@code length} bytes at {@code address}, which do not cross a
     * page; reads count, too, if {@code andReads}.
     */
    public void set(int i, long address, int length, boolean andReads) {
        first[i] = address;
        last[i] = address + length - 1;
        reads[i] = andReads;
        used[i] = true;
    }

    /** Whether there is any range. */
    public boolean any() {
        return used[0] || used[1] || used[2] || used[3];
    }

    /** Whether a range lies in the page of {@code va}. */
    boolean inPage(long va) {
        for (int i = 0; i < RANGES; i++) {
            if (used[i] && ((first[i] ^ va) & Pte.PAGE_MASK) == 0) {
                return true;
            }
        }
        return false;
    }

    /** {@code size} bytes at {@code va} were accessed. */
    void touch(long va, int size, boolean write) {
        long end = va + size - 1;
        for (int i = 0; i < RANGES; i++) {
            if (used[i] && (write || reads[i]) && va <= last[i] && end >= first[i]) {
                hits |= 1 << i;
            }
        }
    }

    /** One bit a range that was accessed since this was last asked. */
    public int takeHits() {
        int taken = hits;
        hits = 0;
        return taken;
    }
}
