package xenolith.machine.alu.simd;

/**
 * IEEE 754 arithmetic on the bits of a binary format, in any rounding mode, with x86's exceptions
 * and NaNs (SDM volume 1, 4.8, 4.9 and 11.5). Exact but slow: the reference for everything that
 * Java's own arithmetic does not say.
 *
 * <p>Values are the format's bits, zero-extended. Within, a finite number that is not zero is a
 * biased exponent (unbounded) and a significand whose leading bit is bit 62.
 */
public final class Ieee {
    public static final Ieee SINGLE = new Ieee(23, 8);
    public static final Ieee DOUBLE = new Ieee(52, 11);

    /** Bit of a normalised significand that stands for 1. */
    private static final int LEAD = 62;

    final int fractionBits;
    final int bias;
    final int maxExponent;
    final long signBit;
    final long fraction;
    final long quiet;
    final long infinity;

    private Ieee(int fractionBits, int exponentBits) {
        this.fractionBits = fractionBits;
        this.maxExponent = (1 << exponentBits) - 1;
        this.bias = maxExponent >>> 1;
        this.signBit = 1L << fractionBits + exponentBits;
        this.fraction = (1L << fractionBits) - 1;
        this.quiet = 1L << fractionBits - 1;
        this.infinity = (long) maxExponent << fractionBits;
    }

    // ---- parts -------------------------------------------------------------------------------

    boolean negative(long v) {
        return (v & signBit) != 0;
    }

    int biasedExponent(long v) {
        return (int) (v >>> fractionBits) & maxExponent;
    }

    boolean zero(long v) {
        return (v & ~signBit) == 0;
    }

    boolean infinite(long v) {
        return (v & ~signBit) == infinity;
    }

    public boolean nan(long v) {
        return (v & ~signBit) > infinity;
    }

    boolean signaling(long v) {
        return nan(v) && (v & quiet) == 0;
    }

    boolean denormal(long v) {
        return biasedExponent(v) == 0 && !zero(v);
    }

    /** The negative quiet NaN that answers an invalid operation. */
    long defaultNan() {
        return signBit | infinity | quiet;
    }

    long signOf(boolean negative) {
        return negative ? signBit : 0;
    }

    /** A denormal number as zero, if DAZ says so. */
    long operand(long v, FloatStatus s) {
        return s.denormalsAreZeros && biasedExponent(v) == 0 ? v & signBit : v;
    }

    long invalid(FloatStatus s) {
        s.raise(Mxcsr.IE);
        return defaultNan();
    }

    /** The NaN for operands of which at least one is NaN: the first one, quieted. */
    private long propagate(long a, long b, FloatStatus s) {
        if (signaling(a) || signaling(b)) {
            s.raise(Mxcsr.IE);
        }
        return (nan(a) ? a : b) | quiet;
    }

    private void noteDenormal(long a, long b, FloatStatus s) {
        if (denormal(a) || denormal(b)) {
            s.raise(Mxcsr.DE);
        }
    }

    /** Biased exponent of a finite number that is not zero, as if it were normal. */
    int exponent(long v) {
        int e = biasedExponent(v);
        return e != 0 ? e : 1 - (Long.numberOfLeadingZeros(v & fraction) - (63 - fractionBits));
    }

    /** Normalised significand of a finite number that is not zero. */
    long significand(long v) {
        long f = v & fraction;
        if (biasedExponent(v) != 0) {
            return (f | fraction + 1) << LEAD - fractionBits;
        }
        return f << Long.numberOfLeadingZeros(f) - 1;
    }

    static long shiftRightJam(long v, int by) {
        if (by <= 0) {
            return v;
        }
        if (by >= 64) {
            return v != 0 ? 1 : 0;
        }
        return v >>> by | (v << 64 - by != 0 ? 1 : 0);
    }

    // ---- rounding ----------------------------------------------------------------------------

    /** Rounds and packs; {@code sig} has its leading bit at 63 or below and is not zero. */
    long normalizeAndRound(boolean negative, int exponent, long sig, FloatStatus s) {
        if (sig < 0) {
            return round(negative, exponent + 1, shiftRightJam(sig, 1), s);
        }
        int shift = Long.numberOfLeadingZeros(sig) - 1;
        return round(negative, exponent - shift, sig << shift, s);
    }

    private long round(boolean negative, int exponent, long significand, FloatStatus s) {
        long mask = (1L << LEAD - fractionBits) - 1;
        long increment = s.increment(negative, mask);
        long sig = significand;
        int e = exponent;
        if (e <= 0) {
            // Tininess is detected after rounding: as if the exponent had no lower end.
            boolean tiny = e < 0 || sig + increment >= 0;
            if (tiny && s.flushToZero) {
                s.raise(Mxcsr.UE | Mxcsr.PE);
                return signOf(negative);
            }
            if (tiny && !s.underflowMasked) {
                s.raise(Mxcsr.UE | ((sig & mask) != 0 ? Mxcsr.PE : 0));
                return signOf(negative);
            }
            sig = shiftRightJam(sig, 1 - e);
            if (tiny && (sig & mask) != 0) {
                s.raise(Mxcsr.UE);
            }
            e = 1;
        }
        long cut = sig & mask;
        long rounded = sig + increment >>> LEAD - fractionBits;
        if (s.rounding == FloatStatus.NEAREST && cut == (mask >>> 1) + 1) {
            rounded &= ~1L;
        }
        long magnitude = ((long) (e - 1) << fractionBits) + rounded;
        if (e >= maxExponent || magnitude >= infinity) {
            s.raise(Mxcsr.OE | (cut != 0 || s.overflowMasked ? Mxcsr.PE : 0));
            return signOf(negative) | (s.overflowsToInfinity(negative) ? infinity : infinity - 1);
        }
        if (cut != 0) {
            s.raise(Mxcsr.PE);
        }
        return signOf(negative) | magnitude;
    }

    // ---- arithmetic --------------------------------------------------------------------------

    public long add(long first, long second, FloatStatus s) {
        long a = operand(first, s);
        long b = operand(second, s);
        if (nan(a) || nan(b)) {
            return propagate(a, b, s);
        }
        noteDenormal(a, b, s);
        boolean opposite = negative(a) != negative(b);
        if (infinite(a)) {
            return infinite(b) && opposite ? invalid(s) : a;
        }
        if (infinite(b)) {
            return b;
        }
        if (zero(a) || zero(b)) {
            return addZero(a, b, opposite, s);
        }
        return opposite ? subtractMagnitudes(a, b, s) : addMagnitudes(a, b, s);
    }

    public long sub(long first, long second, FloatStatus s) {
        return nan(second) ? add(first, second, s) : add(first, second ^ signBit, s);
    }

    private long addZero(long a, long b, boolean opposite, FloatStatus s) {
        if (zero(a) && zero(b)) {
            return opposite ? zeroOfDifference(s) : a;
        }
        long v = zero(a) ? b : a;
        return round(negative(v), exponent(v), significand(v), s);
    }

    private long zeroOfDifference(FloatStatus s) {
        return signOf(s.rounding == FloatStatus.DOWN);
    }

    private long addMagnitudes(long a, long b, FloatStatus s) {
        int ea = exponent(a);
        int eb = exponent(b);
        int e = Math.max(ea, eb);
        long sum = shiftRightJam(significand(a), e - ea) + shiftRightJam(significand(b), e - eb);
        return normalizeAndRound(negative(a), e, sum, s);
    }

    private long subtractMagnitudes(long a, long b, FloatStatus s) {
        int ea = exponent(a);
        int eb = exponent(b);
        int e = Math.max(ea, eb);
        long difference =
                shiftRightJam(significand(a), e - ea) - shiftRightJam(significand(b), e - eb);
        if (difference == 0) {
            return zeroOfDifference(s);
        }
        boolean negative = negative(a) != difference < 0;
        return normalizeAndRound(negative, e, Math.abs(difference), s);
    }

    public long mul(long first, long second, FloatStatus s) {
        long a = operand(first, s);
        long b = operand(second, s);
        if (nan(a) || nan(b)) {
            return propagate(a, b, s);
        }
        boolean negative = negative(a) != negative(b);
        if (infinite(a) && zero(b) || zero(a) && infinite(b)) {
            return invalid(s);
        }
        noteDenormal(a, b, s);
        if (infinite(a) || infinite(b)) {
            return signOf(negative) | infinity;
        }
        if (zero(a) || zero(b)) {
            return signOf(negative);
        }
        long x = significand(a) << 1;
        long y = significand(b) << 1;
        long high = Math.unsignedMultiplyHigh(x, y) | (x * y != 0 ? 1 : 0);
        return normalizeAndRound(negative, exponent(a) + exponent(b) - bias, high, s);
    }

    public long div(long first, long second, FloatStatus s) {
        long a = operand(first, s);
        long b = operand(second, s);
        if (nan(a) || nan(b)) {
            return propagate(a, b, s);
        }
        boolean negative = negative(a) != negative(b);
        if (infinite(a) && infinite(b) || zero(a) && zero(b)) {
            return invalid(s);
        }
        if (zero(b) && !infinite(a)) {
            s.raise(Mxcsr.ZE);
            return signOf(negative) | infinity;
        }
        noteDenormal(a, b, s);
        if (infinite(a)) {
            return signOf(negative) | infinity;
        }
        if (zero(a) || infinite(b)) {
            return signOf(negative);
        }
        return divideMagnitudes(negative, a, b, s);
    }

    private long divideMagnitudes(boolean negative, long a, long b, FloatStatus s) {
        long remainder = significand(a);
        long divisor = significand(b);
        int e = exponent(a) - exponent(b) + bias;
        if (remainder < divisor) {
            remainder <<= 1;
            e--;
        }
        int bits = fractionBits + 3;
        long quotient = 0;
        for (int i = 0; i < bits; i++) {
            quotient <<= 1;
            if (Long.compareUnsigned(remainder, divisor) >= 0) {
                remainder -= divisor;
                quotient |= 1;
            }
            remainder <<= 1;
        }
        long sig = quotient << LEAD + 1 - bits | (remainder != 0 ? 1 : 0);
        return round(negative, e, sig, s);
    }

    /** The square root of {@code second}; {@code first} is not used. */
    public long sqrt(long first, long second, FloatStatus s) {
        long v = operand(second, s);
        if (nan(v)) {
            return propagate(v, v, s);
        }
        if (zero(v)) {
            return v;
        }
        if (negative(v)) {
            return invalid(s);
        }
        noteDenormal(v, v, s);
        if (infinite(v)) {
            return v;
        }
        int power = exponent(v) - bias;
        long radicand = significand(v) << (power & 1);
        int bits = fractionBits + 3;
        long root = 0;
        long remainder = 0;
        for (int i = 0; i < bits; i++) {
            remainder = remainder << 2 | radicand >>> 62;
            radicand <<= 2;
            long trial = root << 2 | 1;
            root <<= 1;
            if (remainder >= trial) {
                remainder -= trial;
                root |= 1;
            }
        }
        long sig = root << LEAD + 1 - bits | ((remainder | radicand) != 0 ? 1 : 0);
        return round(false, (power >> 1) + bias, sig, s);
    }

    // ---- comparison --------------------------------------------------------------------------

    /** Results of {@link #compare}, as bits. */
    public static final int LESS = 1;

    public static final int EQUAL = 2;
    public static final int GREATER = 4;
    public static final int UNORDERED = 8;

    /** Compares; a quiet NaN is invalid if {@code signalQuiet}, a signalling one always. */
    public int compare(long first, long second, boolean signalQuiet, FloatStatus s) {
        long a = operand(first, s);
        long b = operand(second, s);
        if (nan(a) || nan(b)) {
            if (signalQuiet || signaling(a) || signaling(b)) {
                s.raise(Mxcsr.IE);
            }
            return UNORDERED;
        }
        noteDenormal(a, b, s);
        long x = negative(a) ? -(a & ~signBit) : a;
        long y = negative(b) ? -(b & ~signBit) : b;
        return x < y ? LESS : x == y ? EQUAL : GREATER;
    }

    /** MIN: the first if it is less, in all other cases the second. */
    public long min(long a, long b, FloatStatus s) {
        return operand(compare(a, b, true, s) == LESS ? a : b, s);
    }

    /** MAX: the first if it is greater, in all other cases the second. */
    public long max(long a, long b, FloatStatus s) {
        return operand(compare(a, b, true, s) == GREATER ? a : b, s);
    }

    /** For each predicate of CMP (0 to 7) the outcomes that make it true. */
    private static final int[] TRUE_FOR = {
        EQUAL,
        LESS,
        LESS | EQUAL,
        UNORDERED,
        LESS | GREATER | UNORDERED,
        EQUAL | GREATER | UNORDERED,
        GREATER | UNORDERED,
        LESS | EQUAL | GREATER
    };

    /** CMP: whether {@code predicate} (0 to 7) holds. LT, LE and their opposites signal QNaNs. */
    public boolean predicate(int predicate, long a, long b, FloatStatus s) {
        int low = predicate & 3;
        return (TRUE_FOR[predicate] & compare(a, b, low == 1 || low == 2, s)) != 0;
    }

    // ---- conversion --------------------------------------------------------------------------

    /** {@code v} of this format in {@code to}. */
    public long convert(long bits, Ieee to, FloatStatus s) {
        long v = operand(bits, s);
        if (nan(v)) {
            if (signaling(v)) {
                s.raise(Mxcsr.IE);
            }
            long payload = v & fraction;
            int widen = to.fractionBits - fractionBits;
            payload = widen >= 0 ? payload << widen : payload >>> -widen;
            return to.signOf(negative(v)) | to.infinity | to.quiet | payload;
        }
        noteDenormal(v, v, s);
        if (infinite(v)) {
            return to.signOf(negative(v)) | to.infinity;
        }
        if (zero(v)) {
            return to.signOf(negative(v));
        }
        return to.round(negative(v), exponent(v) - bias + to.bias, significand(v), s);
    }

    /** The signed integer {@code v} in this format. */
    public long fromInteger(long v, FloatStatus s) {
        return v == 0 ? 0 : normalizeAndRound(v < 0, bias + LEAD, Math.abs(v), s);
    }

    /** The signed integer in the low 32 bits of {@code v} in this format. */
    public long fromDoubleword(long v, FloatStatus s) {
        int n = (int) v;
        return fromInteger(n, s);
    }

    /**
     * {@code bits} as a signed integer of {@code width} (32 or 64) bits, sign-extended; the most
     * negative one ("integer indefinite") if it does not fit.
     */
    public long toInteger(long bits, int width, FloatStatus s) {
        long v = operand(bits, s);
        if (zero(v)) {
            return 0;
        }
        long indefinite = -1L << width - 1;
        int power = exponent(v) - bias;
        if (biasedExponent(v) == maxExponent || power >= width) {
            s.raise(Mxcsr.IE);
            return indefinite;
        }
        boolean negative = negative(v);
        long magnitude;
        boolean exact = true;
        if (power >= fractionBits) {
            long sig = significand(v);
            magnitude = power > LEAD ? sig << 1 : sig >>> LEAD - power;
        } else {
            // Two bits below the integer: the half, and all else.
            long sig = shiftRightJam(significand(v), LEAD - 2 - power);
            exact = (sig & 3) == 0;
            magnitude = roundQuarters(sig, negative, s);
        }
        // The most negative integer has the only magnitude that may reach the top bit.
        long limit = negative ? -indefinite : ~indefinite;
        if (Long.compareUnsigned(magnitude, limit) > 0) {
            s.raise(Mxcsr.IE);
            return indefinite;
        }
        if (!exact) {
            s.raise(Mxcsr.PE);
        }
        return negative ? -magnitude : magnitude;
    }

    /** {@code sig / 4} as an integer; {@code sig} is unsigned. */
    private static long roundQuarters(long sig, boolean negative, FloatStatus s) {
        long magnitude = sig >>> 2;
        int rest = (int) sig & 3;
        boolean up =
                switch (s.rounding) {
                    case FloatStatus.NEAREST -> rest == 3 || rest == 2 && (magnitude & 1) != 0;
                    case FloatStatus.DOWN -> negative && rest != 0;
                    case FloatStatus.UP -> !negative && rest != 0;
                    default -> false;
                };
        return up ? magnitude + 1 : magnitude;
    }

    /** ROUND: the integral value in this format; inexact unless suppressed by the caller. */
    public long roundToIntegral(long bits, FloatStatus s) {
        long v = operand(bits, s);
        if (nan(v)) {
            return propagate(v, v, s);
        }
        int power = exponent(v) - bias;
        if (zero(v) || infinite(v) || power >= fractionBits) {
            return v;
        }
        long sig = shiftRightJam(significand(v), LEAD - 2 - power);
        if ((sig & 3) != 0) {
            s.raise(Mxcsr.PE);
        }
        long magnitude = roundQuarters(sig, negative(v), s);
        return signOf(negative(v)) | (magnitude == 0 ? 0 : fromInteger(magnitude, s));
    }
}
