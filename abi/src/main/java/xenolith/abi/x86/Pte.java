package xenolith.abi.x86;

/** Bits of a 64-bit page-table entry of any level (SDM volume 3, 4.5). */
public final class Pte {
    public static final long P = 1;
    public static final long RW = 1 << 1;
    public static final long U = 1 << 2;
    public static final long PWT = 1 << 3;
    public static final long PCD = 1 << 4;
    public static final long A = 1 << 5;
    public static final long D = 1 << 6;

    /** PS at levels 2 and 3. */
    public static final long PS = 1 << 7;

    /** PAT at level 1, the same bit as {@link #PS}. */
    public static final long PAT = 1 << 7;

    public static final long G = 1 << 8;
    public static final long NX = 1L << 63;

    /** Bits 12 to 51: the frame's machine address. */
    public static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    public static final int PAGE_SHIFT = 12;
    public static final int PAGE_SIZE = 4096;
    public static final long PAGE_MASK = -4096L;

    private Pte() {}

    /** The frame number that {@code entry} names. */
    public static long mfn(long entry) {
        return (entry & ADDRESS) >>> PAGE_SHIFT;
    }

    /** An entry that names frame {@code mfn} with {@code flags}. */
    public static long of(long mfn, long flags) {
        return mfn << PAGE_SHIFT | flags;
    }

    /** Index (0 to 511) of {@code vaddr} in a table of {@code level} 1 to 4. */
    public static int index(long vaddr, int level) {
        return (int) (vaddr >>> (PAGE_SHIFT + 9 * (level - 1))) & 511;
    }

    /** Whether {@code vaddr} is canonical for 48-bit virtual addresses. */
    public static boolean canonical(long vaddr) {
        return vaddr << 16 >> 16 == vaddr;
    }
}
