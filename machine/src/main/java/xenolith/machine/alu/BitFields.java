package xenolith.machine.alu;

/**
 * BMI1, BMI2 and LZCNT (SDM volume 2; AMD APM volume 3). Operands are zero-extended from their
 * width, 32 or 64 bits (TZCNT and LZCNT also 16); {@code shift} is 64 less the width, as in {@link
 * Flags}. Results are zero-extended, too. Where the manuals leave a flag undefined the values are
 * those of AMD's Zen, except that TZCNT and LZCNT do not leave OF, SF, AF and PF as they were.
 */
public final class BitFields {
    private BitFields() {}

    private static long mask(int shift) {
        return -1L >>> shift;
    }

    private static long ones(int n) {
        return n > 63 ? -1L : (1L << n) - 1;
    }

    /** ANDN: {@code b} without the bits of {@code a}. */
    public static long andn(long a, long b) {
        return ~a & b;
    }

    /** BEXTR: the field of {@code a} that {@code control} names, start in byte 0, length in 1. */
    public static long bextr(long a, long control) {
        int start = (int) control & 0xff;
        return (start > 63 ? 0 : a >>> start) & ones((int) control >>> 8 & 0xff);
    }

    /** BZHI: {@code a} with its bits from {@code index} (low byte counts) on cleared. */
    public static long bzhi(long a, long index) {
        return a & ones((int) index & 0xff);
    }

    /** BLSI: the lowest bit that is set. */
    public static long blsi(long a) {
        return a & -a;
    }

    /** BLSMSK: ones up to and with the lowest bit that is set. */
    public static long blsmsk(long a, int shift) {
        return (a ^ a - 1) & mask(shift);
    }

    /** BLSR: without the lowest bit that is set. */
    public static long blsr(long a) {
        return a & a - 1;
    }

    /** TZCNT: number of zeros below the lowest bit that is set, or the width. */
    public static int tzcnt(long a, int shift) {
        return Math.min(Long.numberOfTrailingZeros(a), 64 - shift);
    }

    /** LZCNT: number of zeros above the highest bit that is set, or the width. */
    public static int lzcnt(long a, int shift) {
        return Long.numberOfLeadingZeros(a) - shift;
    }

    /** PDEP: the low bits of {@code a} at the places that {@code mask} has set. */
    public static long pdep(long a, long mask) {
        return Long.expand(a, mask);
    }

    /** PEXT: the bits of {@code a} that {@code mask} has set, side by side. */
    public static long pext(long a, long mask) {
        return Long.compress(a, mask);
    }

    /** MULX: the upper half of the unsigned product; the lower half is the plain product. */
    public static long mulxHigh(long a, long b, int shift) {
        return shift == 0 ? Math.unsignedMultiplyHigh(a, b) : a * b >>> 32;
    }

    /** {@code aux} after BLSR and BLSMSK of {@code a}: CF if it was 0. */
    public static long auxIfZero(long a) {
        return Flags.aux(a == 0, false);
    }

    /** {@code aux} after BLSI of {@code a}: CF if it was not 0. */
    public static long auxIfNotZero(long a) {
        return Flags.aux(a != 0, false);
    }

    /** {@code aux} after BZHI: CF if {@code index} is beyond the width. */
    public static long auxBzhi(long index, int shift) {
        return Flags.aux(((int) index & 0xff) >= 64 - shift, false);
    }
}
