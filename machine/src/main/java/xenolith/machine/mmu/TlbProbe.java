package xenolith.machine.mmu;

import jdk.internal.misc.Unsafe;

/**
 * The look-up in the TLB of the active root, for hot translated code, into which HotSpot is told to
 * put it: tags and addend of the one entry where the translation of {@code va} may be. They hold
 * for {@code va} if the tag is the page of the operand's last byte: an operand that goes on in the
 * next page finds none.
 *
 * <p>Places need no check, since they are cut to the entries, which are a power of two.
 */
public final class TlbProbe {
    private static final Unsafe U = Unsafe.getUnsafe();

    private TlbProbe() {}

    /** Page that the entry for {@code va} is of, if it may be read. */
    public static long readTag(Mmu mmu, long va) {
        return word(mmu, va, 0);
    }

    /** The same if it may be stored to. */
    public static long writeTag(Mmu mmu, long va) {
        return word(mmu, va, Tlb.WRITE);
    }

    /** What makes a host address of a linear one in that page. */
    public static long addend(Mmu mmu, long va) {
        return word(mmu, va, Tlb.ADDEND);
    }

    private static long word(Mmu mmu, long va, int word) {
        long at = Unsafe.ARRAY_LONG_BASE_OFFSET + (Tlb.place(va) & mmu.mask);
        return U.getLong(mmu.entries, at + (long) word * Long.BYTES);
    }
}
