package xenolith.machine.translate;

import xenolith.machine.interpret.Translation;
import xenolith.machine.mmu.Mmu;

/** The superclass of all translated code, with what the dispatcher must know of it. */
abstract class GuestCode extends Translation {
    /** Instructions that a run may go beyond its quota. */
    int longest;

    /** Whether it was made to be compiled quickly. */
    boolean warm;

    /** Instructions run since it was made or promoted. */
    long work;

    /** Pages of its bytes, relative to that of the base, and their machine frames. */
    private int[] pages = {};

    private long[] frames = {};

    void describe(Region region, boolean madeQuickly) {
        warm = madeQuickly;
        longest = region.instructions();
        pages = region.pages().keySet().stream().mapToInt(Integer::intValue).toArray();
        frames = region.pages().values().stream().mapToLong(Long::longValue).toArray();
    }

    /** Whether its bytes are found at {@code base} through the active root of {@code mmu}. */
    boolean fits(Mmu mmu, long base) {
        // Relative branches near the border of the canonical addresses may fault: not for here.
        if ((base - REACH) << 16 >> 16 != base - REACH
                || (base + REACH) << 16 >> 16 != base + REACH) {
            return false;
        }
        for (int n = 0; n < pages.length; n++) {
            long page = (base & -4096L) + ((long) pages[n] << 12);
            long maddr = mmu.tryFetch(page);
            if (maddr < 0 || maddr >>> 12 != frames[n]) {
                return false;
            }
        }
        return true;
    }

    private static final long REACH = 1L << 32;
}
