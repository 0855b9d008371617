package xenolith.machine.mmu;

import jdk.internal.misc.Unsafe;

/**
 * The look-up in the TLB of the active root, for hot translated code, into which HotSpot is told to
 * put it: tag and addend of the one entry where the translation of {@code va} may be. They hold for
 * {@code va} if the tag is the page of the operand's last byte: an operand that goes on in the next
 * page finds none.
 *
 * <p>Indices need no check, since they are cut to the arrays, whose lengths are powers of two.
 */
public final class TlbProbe {
    private static final Unsafe U = Unsafe.getUnsafe();

    /** Bytes of an entry as a power of two: a tag and an addend. */
    private static final int ENTRY_SHIFT = 4;

    private static final int ADDEND = 8;

    private TlbProbe() {}

    /** Page that the entry for reads at {@code va} is of. */
    public static long readTag(Mmu mmu, long va) {
        long[] entries = mmu.reads;
        return U.getLong(entries, at(va, entries));
    }

    /** What makes a host address of a linear one in that page. */
    public static long readAddend(Mmu mmu, long va) {
        long[] entries = mmu.reads;
        return U.getLong(entries, at(va, entries) + ADDEND);
    }

    /** Page that the entry for stores at {@code va} is of. */
    public static long writeTag(Mmu mmu, long va) {
        long[] entries = mmu.writes;
        return U.getLong(entries, at(va, entries));
    }

    /** What makes a host address of a linear one in that page. */
    public static long writeAddend(Mmu mmu, long va) {
        long[] entries = mmu.writes;
        return U.getLong(entries, at(va, entries) + ADDEND);
    }

    /** Where the entry lies in {@code entries}. */
    private static long at(long va, long[] entries) {
        long mask = (long) entries.length * Long.BYTES - 1 & -1L << ENTRY_SHIFT;
        return Unsafe.ARRAY_LONG_BASE_OFFSET + (Tlb.spread(va) << ENTRY_SHIFT & mask);
    }
}
