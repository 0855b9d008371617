package xenolith.machine.alu.x87;

/**
 * FADD, FSUB, FMUL, FDIV and FSQRT. The result and the exceptions go to {@code z}, whose {@code
 * exceptions} hold on entry what loading the operands has met (0 or DE).
 */
public final class Arithmetic {
    /** Operations as the reg field of D8 encodes them; a is ST(0), b the other operand. */
    public static final int ADD = 0;

    public static final int MUL = 1;
    public static final int SUB = 4;

    /** b - a. */
    public static final int SUBR = 5;

    public static final int DIV = 6;

    /** b / a. */
    public static final int DIVR = 7;

    private Arithmetic() {}

    /** Operation {@code kind} on a and b. */
    public static void apply(
            int kind, Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        switch (kind) {
            case ADD -> add(z, aSe, aSig, bSe, bSig, control);
            case MUL -> multiply(z, aSe, aSig, bSe, bSig, control);
            case SUB -> subtract(z, aSe, aSig, bSe, bSig, control);
            case SUBR -> subtract(z, bSe, bSig, aSe, aSig, control);
            case DIV -> divide(z, aSe, aSig, bSe, bSig, control);
            default -> divide(z, bSe, bSig, aSe, aSig, control);
        }
    }

    public static void add(Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        if (!z.takesNan(aSe, aSig, bSe, bSig)) {
            sum(z, aSe, aSig, bSe, bSig, control);
        }
    }

    public static void subtract(Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        if (!z.takesNan(aSe, aSig, bSe, bSig)) {
            sum(z, aSe, aSig, bSe ^ Extended80.SIGN, bSig, control);
        }
    }

    private static void sum(Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        boolean aInfinite = Extended80.isInfinity(aSe, aSig);
        boolean bInfinite = Extended80.isInfinity(bSe, bSig);
        int aSign = Extended80.sign(aSe);
        int bSign = Extended80.sign(bSe);
        if (aInfinite && bInfinite && aSign != bSign) {
            z.invalid();
            return;
        }
        z.operand(aSe, aSig);
        z.operand(bSe, bSig);
        if (aInfinite || bInfinite) {
            z.setInfinity(aInfinite ? aSign : bSign);
            return;
        }
        if (aSig == 0 && bSig == 0) {
            z.setZero(aSign == bSign ? aSign : zeroSign(control));
            return;
        }
        int aExp = Extended80.normalExponent(aSe, aSig);
        int bExp = Extended80.normalExponent(bSe, bSig);
        long a = Extended80.normalSignificand(aSig);
        long b = Extended80.normalSignificand(bSig);
        boolean swap =
                a == 0 || b != 0 && (aExp < bExp || aExp == bExp && Long.compareUnsigned(a, b) < 0);
        int distance = Math.abs(aExp - bExp);
        if (swap) {
            combine(z, bSign, bExp, b, aSign != bSign, a, distance, control);
        } else {
            combine(z, aSign, aExp, a, aSign != bSign, b, distance, control);
        }
    }

    private static int zeroSign(int control) {
        return Rounding.mode(control) == Rounding.DOWN ? Extended80.SIGN : 0;
    }

    /** Big plus or minus small, which is not larger; {@code distance} of exponents. */
    private static void combine(
            Extended80 z,
            int sign,
            int exp,
            long big,
            boolean minus,
            long small,
            int distance,
            int control) {
        long hi = distance > 63 ? 0 : small >>> distance;
        long lo;
        if (distance == 0) {
            lo = 0;
        } else if (distance < 64) {
            lo = small << 64 - distance;
        } else {
            lo = Rounding.shiftRightSticky(small, distance - 64);
        }
        if (!minus) {
            long sum = big + hi;
            if (Long.compareUnsigned(sum, big) < 0) {
                long shifted = lo >>> 1 | lo & 1 | sum << 63;
                Rounding.round(
                        z, sign, exp + 1, sum >>> 1 | Extended80.INTEGER_BIT, shifted, control);
            } else {
                Rounding.round(z, sign, exp, sum, lo, control);
            }
            return;
        }
        long difference = big - hi - (lo != 0 ? 1 : 0);
        long rest = -lo;
        if (difference == 0 && rest == 0) {
            z.setZero(zeroSign(control));
            return;
        }
        int shift = Long.numberOfLeadingZeros(difference);
        if (shift == 64) {
            shift += Long.numberOfLeadingZeros(rest);
            Rounding.round(z, sign, exp - shift, rest << shift - 64, 0, control);
        } else if (shift == 0) {
            Rounding.round(z, sign, exp, difference, rest, control);
        } else {
            long shifted = difference << shift | rest >>> 64 - shift;
            Rounding.round(z, sign, exp - shift, shifted, rest << shift, control);
        }
    }

    public static void multiply(Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        if (z.takesNan(aSe, aSig, bSe, bSig)) {
            return;
        }
        int sign = Extended80.sign(aSe ^ bSe);
        boolean infinite = Extended80.isInfinity(aSe, aSig) || Extended80.isInfinity(bSe, bSig);
        boolean zero = aSig == 0 || bSig == 0;
        if (infinite && zero) {
            z.invalid();
            return;
        }
        z.operand(aSe, aSig);
        z.operand(bSe, bSig);
        if (infinite) {
            z.setInfinity(sign);
        } else if (zero) {
            z.setZero(sign);
        } else {
            long a = Extended80.normalSignificand(aSig);
            long b = Extended80.normalSignificand(bSig);
            int exp =
                    Extended80.normalExponent(aSe, aSig)
                            + Extended80.normalExponent(bSe, bSig)
                            - Extended80.BIAS
                            + 1;
            long hi = Math.unsignedMultiplyHigh(a, b);
            long lo = a * b;
            if (hi >= 0) {
                hi = hi << 1 | lo >>> 63;
                lo <<= 1;
                exp--;
            }
            Rounding.round(z, sign, exp, hi, lo, control);
        }
    }

    /** a / b. */
    public static void divide(Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        if (z.takesNan(aSe, aSig, bSe, bSig)) {
            return;
        }
        int sign = Extended80.sign(aSe ^ bSe);
        boolean aInfinite = Extended80.isInfinity(aSe, aSig);
        boolean bInfinite = Extended80.isInfinity(bSe, bSig);
        if (aInfinite && bInfinite || aSig == 0 && bSig == 0) {
            z.invalid();
            return;
        }
        if (bSig == 0 && !aInfinite) {
            z.exceptions = Extended80.ZE;
            z.setInfinity(sign);
            return;
        }
        z.operand(aSe, aSig);
        z.operand(bSe, bSig);
        if (aInfinite) {
            z.setInfinity(sign);
        } else if (bInfinite || aSig == 0) {
            z.setZero(sign);
        } else {
            quotient(z, sign, aSe, aSig, bSe, bSig, control);
        }
    }

    private static void quotient(
            Extended80 z, int sign, int aSe, long aSig, int bSe, long bSig, int control) {
        long a = Extended80.normalSignificand(aSig);
        long b = Extended80.normalSignificand(bSig);
        int exp =
                Extended80.normalExponent(aSe, aSig)
                        - Extended80.normalExponent(bSe, bSig)
                        + Extended80.BIAS;
        long hi;
        long lo;
        if (Long.compareUnsigned(a, b) < 0) {
            hi = a;
            lo = 0;
            exp--;
        } else {
            hi = a >>> 1;
            lo = a << 63;
        }
        long q = Wide.divide(hi, lo, b);
        long remainder = lo - q * b;
        Rounding.round(z, sign, exp, q, restOfQuotient(remainder, b), control);
    }

    /** Below, at or above half of {@code b}, as a left-aligned rest. */
    private static long restOfQuotient(long remainder, long b) {
        if (remainder == 0) {
            return 0;
        }
        int order = Long.compareUnsigned(remainder, b - remainder);
        return order < 0 ? 1 : order == 0 ? 1L << 63 : 1L << 63 | 1;
    }

    public static void squareRoot(Extended80 z, int se, long sig, int control) {
        if (z.takesNan(se, sig)) {
            return;
        }
        if (Extended80.isZero(se, sig)) {
            z.set(se, sig);
            return;
        }
        if (Extended80.sign(se) != 0) {
            z.invalid();
            return;
        }
        z.operand(se, sig);
        if (Extended80.isInfinity(se, sig)) {
            z.set(se, sig);
            return;
        }
        long a = Extended80.normalSignificand(sig);
        int unbiased = Extended80.normalExponent(se, sig) - Extended80.BIAS;
        boolean odd = (unbiased & 1) != 0;
        long hi = odd ? a : a >>> 1;
        long lo = odd ? 0 : a << 63;
        long root = Wide.squareRoot(hi, lo);
        // lo - root * root fits: the remainder is at most 2 * root.
        long restLo = lo - root * root;
        long restHi = hi - Math.unsignedMultiplyHigh(root, root);
        if (Long.compareUnsigned(lo, root * root) < 0) {
            restHi--;
        }
        long rest;
        if (restHi == 0 && restLo == 0) {
            rest = 0;
        } else {
            boolean above = restHi != 0 || Long.compareUnsigned(restLo, root) > 0;
            rest = above ? 1L << 63 | 1 : 1;
        }
        Rounding.round(z, 0, (unbiased >> 1) + Extended80.BIAS, root, rest, control);
    }
}
