package xenolith.machine.alu.simd;

/**
 * RCPPS and RSQRTPS: approximations with a relative error of at most 1.5 * 2^-12 (SDM volume 2).
 * Processors differ in the low bits; here they are the exact result rounded to 12 bits, an error of
 * at most 2^-13. They raise no exception and know no denormals.
 */
public final class Approximation {
    private static final Ieee F = Ieee.SINGLE;

    private Approximation() {}

    /** Denormals, as operands and as results, are zeros. */
    private static long flush(long v) {
        return F.biasedExponent(v) == 0 ? v & F.signBit : v;
    }

    /** {@code value}, a normal number, to 12 significant bits. */
    private static long rounded(double value) {
        long bits = Float.floatToRawIntBits((float) value) & 0xffff_ffffL;
        return flush(bits + 0x800 & ~0xfffL);
    }

    /** 1 / {@code v}. */
    public static long reciprocal(long v) {
        long x = flush(v);
        if (F.nan(x)) {
            return x | F.quiet;
        }
        if (F.zero(x)) {
            return x | F.infinity;
        }
        if (F.infinite(x)) {
            return x & F.signBit;
        }
        return rounded(1.0 / Float.intBitsToFloat((int) x));
    }

    /** 1 / sqrt({@code v}). */
    public static long reciprocalRoot(long v) {
        long x = flush(v);
        if (F.nan(x)) {
            return x | F.quiet;
        }
        if (F.zero(x)) {
            return x | F.infinity;
        }
        if (F.negative(x)) {
            return F.defaultNan();
        }
        if (F.infinite(x)) {
            return 0;
        }
        return rounded(1.0 / Math.sqrt(Float.intBitsToFloat((int) x)));
    }
}
