package xenolith.machine.alu.x87;

/** Between 80-bit numbers and the formats of memory operands (SDM volume 1, 4.2 and 4.7). */
public final class Conversion {
    private static final long LARGEST_DECIMAL = 999_999_999_999_999_999L;

    /** Packed BCD indefinite: its upper 16 and lower 64 bits. */
    private static final int INDEFINITE_BCD_HIGH = 0xffff;

    private static final long INDEFINITE_BCD_LOW = 0xc000_0000_0000_0000L;

    private Conversion() {}

    /**
     * Single precision (in the low 32 bits) to {@code z}; a denormal is normalized and noted as DE,
     * a signaling NaN still signals.
     */
    public static void fromSingle(Extended80 z, long bits) {
        fromBinary(z, bits, 8, 23);
    }

    /** Double precision, as {@link #fromSingle}. */
    public static void fromDouble(Extended80 z, long bits) {
        fromBinary(z, bits, 11, 52);
    }

    private static void fromBinary(Extended80 z, long bits, int exponentBits, int fractionBits) {
        int maxExponent = (1 << exponentBits) - 1;
        int bias = maxExponent >>> 1;
        int sign = (int) (bits >>> exponentBits + fractionBits & 1) << 15;
        int exponent = (int) (bits >>> fractionBits) & maxExponent;
        long fraction = (bits & (1L << fractionBits) - 1) << 63 - fractionBits;
        z.exceptions = 0;
        if (exponent == maxExponent) {
            z.set(sign | Extended80.MAX_EXPONENT, fraction | Extended80.INTEGER_BIT);
        } else if (exponent != 0) {
            z.set(sign | exponent - bias + Extended80.BIAS, fraction | Extended80.INTEGER_BIT);
        } else if (fraction == 0) {
            z.setZero(sign);
        } else {
            int shift = Long.numberOfLeadingZeros(fraction);
            z.exceptions = Extended80.DE;
            z.set(sign | 1 - bias - shift + Extended80.BIAS, fraction << shift);
        }
    }

    /** Makes a signaling NaN in {@code z} quiet, which is an invalid operation. */
    public static void quiet(Extended80 z) {
        z.takesNan(z.signExponent, z.significand);
    }

    /** A signed integer to {@code z}, exactly. */
    public static void fromInteger(Extended80 z, long value) {
        z.exceptions = 0;
        if (value == 0) {
            z.setZero(0);
            return;
        }
        int sign = value < 0 ? Extended80.SIGN : 0;
        long magnitude = Math.abs(value);
        int shift = Long.numberOfLeadingZeros(magnitude);
        z.set(sign | Extended80.BIAS + 63 - shift, magnitude << shift);
    }

    /** Packed BCD to {@code z}; digits above 9 count as they are, as real processors do it. */
    public static void fromBcd(Extended80 z, int high, long low) {
        long value = 0;
        for (int shift = 4; shift >= 0; shift -= 4) {
            value = value * 10 + (high >>> shift & 15);
        }
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = value * 10 + (low >>> shift & 15);
        }
        fromInteger(z, value);
        z.signExponent |= high & Extended80.SIGN;
    }

    /** To single precision; the exceptions go to {@code z}. */
    public static long toSingle(Extended80 z, int se, long sig, int control) {
        return toBinary(z, se, sig, 8, 23, control);
    }

    /** To double precision; the exceptions go to {@code z}. */
    public static long toDouble(Extended80 z, int se, long sig, int control) {
        return toBinary(z, se, sig, 11, 52, control);
    }

    private static long toBinary(
            Extended80 z, int se, long sig, int exponentBits, int fractionBits, int control) {
        z.exceptions = 0;
        long maxExponent = (1L << exponentBits) - 1;
        long infinity = maxExponent << fractionBits;
        long signBit = (se & Extended80.SIGN) != 0 ? 1L << exponentBits + fractionBits : 0;
        if (z.takesNan(se, sig)) {
            long sign = (z.signExponent & Extended80.SIGN) != 0 ? 1L : 0;
            return sign << exponentBits + fractionBits
                    | infinity
                    | z.significand << 1 >>> 64 - fractionBits;
        }
        if (Extended80.isInfinity(se, sig)) {
            return signBit | infinity;
        }
        if (sig == 0) {
            return signBit;
        }
        int exponent =
                Extended80.normalExponent(se, sig) - Extended80.BIAS + (int) (maxExponent >>> 1);
        long normal = Extended80.normalSignificand(sig);
        int sign = Extended80.sign(se);
        int unused = 63 - fractionBits;
        if (exponent >= maxExponent) {
            return signBit | largeBinary(z, sign, infinity, control);
        }
        if (exponent <= 0) {
            return signBit | smallBinary(z, sign, exponent, normal, unused, control);
        }
        // The integer bit of the rounded significand adds one to the exponent field.
        long rounded =
                rounded(z, sign, normal, unused, control) + ((long) exponent - 1 << fractionBits);
        if (rounded < infinity) {
            return signBit | rounded;
        }
        return signBit | largeBinary(z, sign, infinity, control);
    }

    /** Cuts {@code unused} bits (1 to 63) off and rounds; adds PE and C1. */
    private static long rounded(Extended80 z, int sign, long sig, int unused, int control) {
        long kept = sig >>> unused;
        long rest = sig << 64 - unused;
        if (rest == 0) {
            return kept;
        }
        z.exceptions |= Extended80.PE;
        if (Rounding.up(Rounding.mode(control), sign, (kept & 1) != 0, rest)) {
            z.exceptions |= Extended80.C1;
            return kept + 1;
        }
        return kept;
    }

    private static long smallBinary(
            Extended80 z, int sign, int exponent, long sig, int unused, int control) {
        long kept = sig >>> unused;
        long rest = sig << 64 - unused;
        boolean carries =
                exponent == 0
                        && kept + 1 == 1L << 64 - unused
                        && Rounding.up(Rounding.mode(control), sign, (kept & 1) != 0, rest);
        long shifted = Rounding.shiftRightSticky(sig, 1 - exponent);
        long result = rounded(z, sign, shifted, unused, control);
        boolean unmasked = (control & Extended80.UE) == 0;
        if (!carries && ((z.exceptions & Extended80.PE) != 0 || unmasked)) {
            z.exceptions |= Extended80.UE;
        }
        return result;
    }

    private static long largeBinary(Extended80 z, int sign, long infinity, int control) {
        boolean toInfinity = Rounding.overflowsToInfinity(Rounding.mode(control), sign);
        z.exceptions = Extended80.OE | Extended80.PE | (toInfinity ? Extended80.C1 : 0);
        return toInfinity ? infinity : infinity - 1;
    }

    /**
     * To a signed integer of {@code bits} (16, 32, 64) bits, rounded as {@code mode} (the rounding
     * control; 3 truncates) says; the integer indefinite with IE if there is no such integer.
     */
    public static long toInteger(Extended80 z, int se, long sig, int bits, int mode) {
        long limit = 1L << bits - 1;
        boolean negative = Extended80.sign(se) != 0;
        long magnitude = magnitude(z, se, sig, mode);
        boolean fits = magnitude >= 0 && magnitude < limit || negative && magnitude == limit;
        if (bits == 64) {
            fits = magnitude >= 0 || negative && magnitude == limit;
        }
        if ((z.exceptions & Extended80.IE) != 0 || !fits) {
            z.exceptions = Extended80.IE;
            return -limit;
        }
        return negative ? -magnitude : magnitude;
    }

    /** To packed BCD: the lower 64 bits are returned, the upper 16 go to {@code z.signExponent}. */
    public static long toBcd(Extended80 z, int se, long sig, int mode) {
        long magnitude = magnitude(z, se, sig, mode);
        if ((z.exceptions & Extended80.IE) != 0
                || Long.compareUnsigned(magnitude, LARGEST_DECIMAL) > 0) {
            z.exceptions = Extended80.IE;
            z.signExponent = INDEFINITE_BCD_HIGH;
            return INDEFINITE_BCD_LOW;
        }
        long low = 0;
        for (int shift = 0; shift < 64; shift += 4) {
            low |= magnitude % 10 << shift;
            magnitude /= 10;
        }
        z.signExponent = Extended80.sign(se) | (int) (magnitude / 10 << 4 | magnitude % 10);
        return low;
    }

    /** Rounded magnitude, unsigned; IE if it is no number or has over 64 bits. */
    private static long magnitude(Extended80 z, int se, long sig, int mode) {
        z.exceptions = 0;
        int exponent = Extended80.exponent(se) - Extended80.BIAS;
        if (Extended80.isUnsupported(se, sig) || exponent > 63) {
            z.exceptions = Extended80.IE;
            return 0;
        }
        int shift = 63 - exponent;
        if (shift == 0 || sig == 0) {
            return sig;
        }
        long kept = shift > 63 ? 0 : sig >>> shift;
        long rest = shift > 64 ? 1 : shift == 64 ? sig : sig << 64 - shift;
        if (rest != 0) {
            z.exceptions = Extended80.PE;
            if (Rounding.up(mode, Extended80.sign(se), (kept & 1) != 0, rest)) {
                z.exceptions |= Extended80.C1;
                kept++;
            }
        }
        return kept;
    }
}
