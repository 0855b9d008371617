package xenolith.machine.alu;

import xenolith.abi.x86.Rflags;

/**
 * Shifts and rotates (SDM volume 2; AMD APM volume 3). Counts are already cut to 5 bits (6 for
 * 64-bit operands) and are not 0 unless said otherwise. {@code shift} is 64 less the width in bits,
 * as in {@link Flags}; results may have anything above the width unless said otherwise.
 *
 * <p>Where the manuals leave a flag undefined the values are those of AMD's Zen: AF is set by
 * shifts, OF is computed by the rule for a count of 1.
 */
public final class Shift {
    private static final long TOP = 1L << 63;
    private static final long SECOND = 1L << 62;

    private Shift() {}

    private static long zeroExtend(long a, int shift) {
        return a << shift >>> shift;
    }

    /** SHL; sign-extended. */
    public static long shl(long a, int count, int shift) {
        return a << shift << count >> shift;
    }

    /** The flags after {@link #shl}. */
    public static long auxShl(long a, int count, int shift) {
        long top = a << shift;
        // CF xor OF is the result's top bit.
        return top << count - 1 & TOP | top << count >>> 1 & SECOND | Rflags.AF;
    }

    /** SHR; the count may be 0 only if {@code a} has no bits above its width. */
    public static long shr(long a, int count, int shift) {
        return zeroExtend(a, shift) >>> count;
    }

    /** The flags after {@link #shr}. */
    public static long auxShr(long a, int count, int shift) {
        long z = zeroExtend(a, shift);
        long carry = z >>> count - 1 << 63;
        long overflow = z >>> count << shift << 1 & TOP;
        return carry | (carry ^ overflow) >>> 1 | Rflags.AF;
    }

    /** SAR; sign-extended. */
    public static long sar(long a, int count, int shift) {
        return a << shift >> shift >> count;
    }

    /** The flags after {@link #sar}. */
    public static long auxSar(long a, int count, int shift) {
        long carry = a << shift >> shift >> count - 1 << 63;
        return carry | carry >>> 1 | Rflags.AF;
    }

    /** ROL. */
    public static long rol(long a, int count, int shift) {
        int width = 64 - shift;
        int n = count & width - 1;
        long z = zeroExtend(a, shift);
        return n == 0 ? z : z << n | z >>> width - n;
    }

    /** {@code aux} after {@link #rol} gave {@code result}: only CF and OF change. */
    public static long auxRol(long result, int shift, long oldAux) {
        boolean carry = (result & 1) != 0;
        return Flags.withCarryOverflow(oldAux, carry, carry != (result << shift < 0));
    }

    /** ROR. */
    public static long ror(long a, int count, int shift) {
        int width = 64 - shift;
        int n = count & width - 1;
        long z = zeroExtend(a, shift);
        return n == 0 ? z : z >>> n | z << width - n;
    }

    /** {@code aux} after {@link #ror} gave {@code result}: only CF and OF change. */
    public static long auxRor(long result, int shift, long oldAux) {
        long top = result << shift;
        return Flags.withCarryOverflow(oldAux, top < 0, (top ^ top << 1) < 0);
    }

    /** RCL; {@code aux} holds the carry. */
    public static long rcl(long a, int count, int shift, long aux) {
        int width = 64 - shift;
        int n = count % (width + 1);
        long z = zeroExtend(a, shift);
        if (n == 0) {
            return z;
        }
        long carry = aux >>> 63;
        long low = n == 1 ? 0 : z >>> width + 1 - n;
        return (n == 64 ? 0 : z << n) | carry << n - 1 | low;
    }

    /** {@code aux} after {@link #rcl} of {@code a} gave {@code result}. */
    public static long auxRcl(long a, int count, long result, int shift, long oldAux) {
        int width = 64 - shift;
        int n = count % (width + 1);
        boolean carry = n == 0 ? oldAux < 0 : (a >>> width - n & 1) != 0;
        return Flags.withCarryOverflow(oldAux, carry, carry != (result << shift < 0));
    }

    /** RCR; {@code aux} holds the carry. */
    public static long rcr(long a, int count, int shift, long aux) {
        int width = 64 - shift;
        int n = count % (width + 1);
        long z = zeroExtend(a, shift);
        if (n == 0) {
            return z;
        }
        long carry = aux >>> 63;
        long high = n == 1 ? 0 : z << width + 1 - n;
        return (n == 64 ? 0 : z >>> n) | carry << width - n | high;
    }

    /** {@code aux} after {@link #rcr} of {@code a} gave {@code result}. */
    public static long auxRcr(long a, int count, long result, int shift, long oldAux) {
        int n = count % (65 - shift);
        boolean carry = n == 0 ? oldAux < 0 : (a >>> n - 1 & 1) != 0;
        long top = result << shift;
        return Flags.withCarryOverflow(oldAux, carry, (top ^ top << 1) < 0);
    }

    /**
     * SHLD; 16-bit operands with a count above 16 (undefined) bring in the source once more, as Zen
     * does.
     */
    public static long shld(long a, long b, int count, int shift) {
        if (shift == 48 && count > 16) {
            return rol(b, count, shift);
        }
        int width = 64 - shift;
        return a << count | zeroExtend(b, shift) >>> width - count;
    }

    /** The flags after {@link #shld} gave {@code result}. */
    public static long auxShld(long a, int count, long result, int shift) {
        if (count > 64 - shift) {
            return Rflags.AF;
        }
        boolean carry = a << shift << count - 1 < 0;
        // With a count of the whole width Zen takes the top bit for 0.
        boolean top = count < 64 - shift && result << shift < 0;
        return Flags.aux(carry, carry != top) | Rflags.AF;
    }

    /** SHRD, with counts above 16 as {@link #shld} has them. */
    public static long shrd(long a, long b, int count, int shift) {
        if (shift == 48 && count > 16) {
            return ror(b, count, shift);
        }
        return zeroExtend(a, shift) >>> count | b << 64 - shift - count;
    }

    /** The flags after {@link #shrd} gave {@code result}. */
    public static long auxShrd(long a, int count, long result, int shift) {
        boolean carry = count <= 64 - shift && (a >>> count - 1 & 1) != 0;
        long top = result << shift;
        return Flags.aux(carry, (top ^ top << 1) < 0) | Rflags.AF;
    }
}
