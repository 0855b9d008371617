package xenolith.machine.alu.x87;

/** FRNDINT, FSCALE and FXTRACT. */
public final class Scaling {
    private Scaling() {}

    /** FRNDINT: rounds to an integral value as {@code control} says. */
    public static void roundToInteger(Extended80 z, int se, long sig, int control) {
        if (z.takesNan(se, sig)) {
            return;
        }
        z.operand(se, sig);
        int exponent = Extended80.exponent(se) - Extended80.BIAS;
        if (exponent >= 63 || sig == 0) {
            z.set(se, sig);
            return;
        }
        int sign = Extended80.sign(se);
        int shift = 63 - exponent;
        long kept = shift > 63 ? 0 : sig >>> shift;
        long rest = shift > 64 ? 1 : shift == 64 ? sig : sig << 64 - shift;
        if (rest == 0) {
            z.set(se, sig);
            return;
        }
        z.exceptions |= Extended80.PE;
        if (Rounding.up(Rounding.mode(control), sign, (kept & 1) != 0, rest)) {
            z.exceptions |= Extended80.C1;
            kept++;
        }
        if (kept == 0) {
            z.setZero(sign);
            return;
        }
        int zeros = Long.numberOfLeadingZeros(kept);
        z.set(sign | Extended80.BIAS + 63 - zeros, kept << zeros);
    }

    /** FSCALE: a times 2 to the power of b truncated. */
    public static void scale(Extended80 z, int aSe, long aSig, int bSe, long bSig, int control) {
        if (z.takesNan(aSe, aSig, bSe, bSig)) {
            return;
        }
        int sign = Extended80.sign(aSe);
        boolean aInfinite = Extended80.isInfinity(aSe, aSig);
        boolean bNegative = Extended80.sign(bSe) != 0;
        if (Extended80.isInfinity(bSe, bSig)) {
            if (bNegative ? aInfinite : aSig == 0) {
                z.invalid();
                return;
            }
            z.operand(aSe, aSig);
            if (bNegative) {
                z.setZero(sign);
            } else {
                z.setInfinity(sign);
            }
            return;
        }
        z.operand(aSe, aSig);
        z.operand(bSe, bSig);
        if (aInfinite || aSig == 0) {
            z.set(aSe, aSig);
            return;
        }
        int exponent = Extended80.exponent(bSe) - Extended80.BIAS;
        int count = exponent < 0 ? 0 : exponent > 16 ? 0x1_ffff : (int) (bSig >>> 63 - exponent);
        Rounding.round(
                z,
                sign,
                Extended80.normalExponent(aSe, aSig) + (bNegative ? -count : count),
                Extended80.normalSignificand(aSig),
                0,
                Rounding.full(control));
    }

    /** FXTRACT's first half: the unbiased exponent as a number; ZE and minus infinity for 0. */
    public static void extractExponent(Extended80 z, int se, long sig) {
        if (z.takesNan(se, sig)) {
            return;
        }
        if (Extended80.isInfinity(se, sig)) {
            z.setInfinity(0);
        } else if (sig == 0) {
            z.exceptions |= Extended80.ZE;
            z.setInfinity(Extended80.SIGN);
        } else {
            int exceptions = z.exceptions;
            Conversion.fromInteger(z, Extended80.normalExponent(se, sig) - Extended80.BIAS);
            z.exceptions = exceptions;
            z.operand(se, sig);
        }
    }

    /** FXTRACT's second half: the significand as a number from 1 to 2. */
    public static void extractSignificand(Extended80 z, int se, long sig) {
        if (z.takesNan(se, sig)) {
            return;
        }
        if (Extended80.isInfinity(se, sig) || sig == 0) {
            z.set(se, sig);
        } else {
            z.set(Extended80.sign(se) | Extended80.BIAS, Extended80.normalSignificand(sig));
        }
    }
}
