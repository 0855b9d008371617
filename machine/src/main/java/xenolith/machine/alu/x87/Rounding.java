package xenolith.machine.alu.x87;

/** Rounding to a destination format, with overflow and underflow (SDM volume 1, 4.9.1 and 8.5). */
final class Rounding {
    static final int NEAREST = 0;
    static final int DOWN = 1;
    static final int UP = 2;

    /** Added to an exponent when overflow or underflow is unmasked. */
    private static final int BIAS_ADJUST = 0x6000;

    private Rounding() {}

    /** Rounding control of a control word. */
    static int mode(int control) {
        return control >>> 10 & 3;
    }

    /** The control word with full precision and the same rounding. */
    static int full(int control) {
        return control | 0x300;
    }

    /**
     * Whether a magnitude grows by rounding.
     *
     * @param rest what is cut off, left-aligned: bit 63 is worth half a unit, bit 0 is sticky
     */
    static boolean up(int mode, int sign, boolean odd, long rest) {
        return switch (mode) {
            case NEAREST -> rest < 0 && (odd || rest << 1 != 0);
            case DOWN -> sign != 0 && rest != 0;
            case UP -> sign == 0 && rest != 0;
            default -> false;
        };
    }

    /** {@code value >>> count} for any count from 0, with bit 0 of the result sticky. */
    static long shiftRightSticky(long value, int count) {
        if (count == 0) {
            return value;
        }
        if (count > 63) {
            return value != 0 ? 1 : 0;
        }
        return value >>> count | (value << 64 - count != 0 ? 1 : 0);
    }

    /** Bits of a significand below the precision that {@code control} asks for. */
    private static int unusedBits(int control) {
        return switch (control >>> 8 & 3) {
            case 0 -> 40;
            case 2 -> 11;
            default -> 0;
        };
    }

    /**
     * Rounds to the precision and in the direction of {@code control} and puts the result into
     * {@code z}, adding OE, UE, PE and C1.
     *
     * @param exponent biased, of any size
     * @param hi the significand, bit 63 set
     * @param lo its continuation; bit 0 is sticky
     */
    static void round(Extended80 z, int sign, int exponent, long hi, long lo, int control) {
        int unused = unusedBits(control);
        long ulp = 1L << unused;
        long rest = rest(hi, lo, unused);
        long kept = hi & -ulp;
        int e = exponent;
        if (rest != 0 && up(mode(control), sign, (hi & ulp) != 0, rest)) {
            kept += ulp;
            if (kept == 0) {
                kept = Extended80.INTEGER_BIT;
                e++;
            }
        }
        if (e <= 0) {
            tiny(z, sign, exponent, hi, lo, control);
            return;
        }
        if (exponent <= 0) {
            denormal(z, sign, exponent, hi, lo, control);
            return;
        }
        if (e >= Extended80.MAX_EXPONENT) {
            overflow(z, sign, e, kept, rest != 0, kept != (hi & -ulp), control);
            return;
        }
        if (rest != 0) {
            z.exceptions |= Extended80.PE | (kept != (hi & -ulp) ? Extended80.C1 : 0);
        }
        z.set(sign | e, kept);
    }

    private static long rest(long hi, long lo, int unused) {
        return unused == 0 ? lo : hi << 64 - unused | (lo != 0 ? 1 : 0);
    }

    private static void tiny(Extended80 z, int sign, int exponent, long hi, long lo, int control) {
        if ((control & Extended80.UE) != 0) {
            denormal(z, sign, exponent, hi, lo, control);
            if ((z.exceptions & Extended80.PE) != 0) {
                z.exceptions |= Extended80.UE;
            }
            return;
        }
        z.exceptions |= Extended80.UE;
        int adjusted = exponent + BIAS_ADJUST;
        if (adjusted > 0) {
            round(z, sign, adjusted, hi, lo, control);
        } else {
            // Only FSCALE goes so far: real processors give up.
            z.exceptions |= Extended80.PE;
            z.setZero(sign);
        }
    }

    /** Rounds at the place of the smallest denormal; {@code exponent} is 0 or less. */
    private static void denormal(
            Extended80 z, int sign, int exponent, long hi, long lo, int control) {
        int count = 1 - exponent;
        long shiftedHi = count > 63 ? 0 : hi >>> count;
        long below = count < 64 ? hi << 64 - count : shiftRightSticky(hi, count - 64);
        long sticky = count < 64 ? lo : lo | hi << Math.min(127 - count, 63);
        long shiftedLo = below | (sticky != 0 ? 1 : 0);
        int unused = unusedBits(control);
        long ulp = 1L << unused;
        long rest = rest(shiftedHi, shiftedLo, unused);
        long kept = shiftedHi & -ulp;
        boolean grows = up(mode(control), sign, (shiftedHi & ulp) != 0, rest);
        if (grows) {
            kept += ulp;
        }
        if (rest != 0) {
            z.exceptions |= Extended80.PE | (grows ? Extended80.C1 : 0);
        }
        z.set(sign | (kept < 0 ? 1 : 0), kept);
    }

    private static void overflow(
            Extended80 z,
            int sign,
            int exponent,
            long kept,
            boolean inexact,
            boolean grown,
            int control) {
        z.exceptions |= Extended80.OE;
        if ((control & Extended80.OE) == 0) {
            int adjusted = exponent - BIAS_ADJUST;
            boolean beyond = adjusted >= Extended80.MAX_EXPONENT;
            if (inexact || beyond) {
                z.exceptions |= Extended80.PE | (grown || beyond ? Extended80.C1 : 0);
            }
            if (beyond) {
                z.setInfinity(sign);
            } else {
                z.set(sign | adjusted, kept);
            }
            return;
        }
        z.exceptions |= Extended80.PE;
        if (overflowsToInfinity(mode(control), sign)) {
            z.exceptions |= Extended80.C1;
            z.setInfinity(sign);
        } else {
            z.set(sign | Extended80.MAX_EXPONENT - 1, -(1L << unusedBits(control)));
        }
    }

    static boolean overflowsToInfinity(int mode, int sign) {
        return switch (mode) {
            case NEAREST -> true;
            case DOWN -> sign != 0;
            case UP -> sign == 0;
            default -> false;
        };
    }
}
