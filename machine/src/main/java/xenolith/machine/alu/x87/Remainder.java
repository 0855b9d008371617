package xenolith.machine.alu.x87;

/** FPREM and FPREM1. */
public final class Remainder {
    private Remainder() {}

    /**
     * The remainder of a by b, exactly. Returns the condition codes: C2 if the reduction is
     * partial, else the quotient's low bits in C0 (bit 2), C3 (bit 1) and C1 (bit 0); or -1 if
     * there is no quotient and C0 and C3 stay.
     *
     * @param nearest whether the quotient is rounded to nearest (FPREM1) and not truncated
     */
    public static int remainder(
            Extended80 z, int aSe, long aSig, int bSe, long bSig, boolean nearest, int control) {
        if (z.takesNan(aSe, aSig, bSe, bSig)) {
            return -1;
        }
        if (Extended80.isInfinity(aSe, aSig) || Extended80.isZero(bSe, bSig)) {
            z.invalid();
            return -1;
        }
        z.operand(aSe, aSig);
        z.operand(bSe, bSig);
        if (aSig == 0) {
            z.set(aSe, aSig);
            return 0;
        }
        long a = Extended80.normalSignificand(aSig);
        int aExp = Extended80.normalExponent(aSe, aSig);
        int sign = Extended80.sign(aSe);
        int bExp = Extended80.normalExponent(bSe, bSig);
        if (Extended80.isInfinity(bSe, bSig) || aExp < bExp - 1 || !nearest && aExp < bExp) {
            Rounding.round(z, sign, aExp, a, 0, Rounding.full(control));
            return 0;
        }
        return reduce(z, sign, aExp, a, bExp, Extended80.normalSignificand(bSig), nearest, control);
    }

    private static int reduce(
            Extended80 z,
            int sign,
            int aExp,
            long a,
            int bExp,
            long b,
            boolean nearest,
            int control) {
        int distance = aExp - bExp;
        boolean partial = distance >= 64;
        // A partial reduction leaves an exponent that differs from a's by a fixed step.
        int steps = partial ? partialSteps(distance) : distance;
        long quotient = 0;
        long rest = a;
        int restExp = aExp - steps;
        if (steps < 0) {
            // FPREM1 with a between b/4 and b: the quotient is 0 or 1.
            rest = a >>> 1;
            restExp = bExp;
            return finishNearest(z, sign, restExp, rest, a & 1, b, 0, control);
        }
        boolean carry = false;
        for (int i = 0; i <= steps; i++) {
            if (i > 0) {
                carry = rest < 0;
                rest <<= 1;
            }
            quotient <<= 1;
            if (carry || Long.compareUnsigned(rest, b) >= 0) {
                rest -= b;
                quotient |= 1;
            }
        }
        if (partial) {
            store(z, sign, restExp, rest, 0, control);
            return Extended80.C2;
        }
        if (nearest) {
            return finishNearest(z, sign, restExp, rest, 0, b, quotient, control);
        }
        store(z, sign, restExp, rest, 0, control);
        return quotientBits(quotient);
    }

    private static int partialSteps(int distance) {
        return distance & 31 | 32;
    }

    /** Rest (with {@code half} a unit more) or b - rest, whichever is nearer to 0. */
    private static int finishNearest(
            Extended80 z,
            int sign,
            int exp,
            long rest,
            long half,
            long b,
            long quotient,
            int control) {
        long other = b - rest - half;
        int order = Long.compareUnsigned(rest, other);
        boolean up = order > 0 || order == 0 && (quotient & 1) != 0;
        if (!up) {
            store(z, sign, exp, rest, half, control);
            return quotientBits(quotient);
        }
        store(z, sign ^ Extended80.SIGN, exp, other, half, control);
        return quotientBits(quotient + 1);
    }

    /** Stores an exact value of {@code sig} units and {@code half} a unit. */
    private static void store(Extended80 z, int sign, int exp, long sig, long half, int control) {
        if (sig == 0 && half == 0) {
            z.setZero(sign);
            return;
        }
        Wide value = Wide.normalized(sign != 0, exp - Extended80.BIAS, sig, half << 63);
        value.round(z, true, control);
    }

    private static int quotientBits(long quotient) {
        return ((quotient & 4) != 0 ? Extended80.C0 : 0)
                | ((quotient & 2) != 0 ? Extended80.C3 : 0)
                | ((quotient & 1) != 0 ? Extended80.C1 : 0);
    }
}
