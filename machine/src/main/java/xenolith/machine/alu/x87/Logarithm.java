package xenolith.machine.alu.x87;

/** F2XM1, FYL2X, FYL2XP1: within one unit in the last place of the 80-bit format. */
public final class Logarithm {
    private Logarithm() {}

    /** F2XM1: 2^x - 1 for x from -1 to 1; anything larger stays as it is. */
    public static void exponential(Extended80 z, int se, long sig, int control) {
        if (z.takesNan(se, sig)) {
            return;
        }
        z.operand(se, sig);
        boolean negative = Extended80.sign(se) != 0;
        int exponent = Extended80.exponent(se);
        if (Extended80.isInfinity(se, sig) && negative) {
            z.set(Extended80.SIGN | Extended80.BIAS, Extended80.INTEGER_BIT);
        } else if (exponent == Extended80.BIAS && sig == Extended80.INTEGER_BIT && negative) {
            z.exceptions |= Extended80.PE;
            z.set(Extended80.SIGN | Extended80.BIAS - 1, Extended80.INTEGER_BIT);
        } else if (sig == 0) {
            z.set(se, sig);
        } else if (exponent >= Extended80.BIAS) {
            large(z, se, sig, control);
        } else {
            Wide y = Wide.of(se, sig).times(Series.LN_2);
            y.times(Wide.polynomial(Series.EXPONENTIAL, y)).round(z, false, control);
        }
    }

    private static void large(Extended80 z, int se, long sig, int control) {
        if (se == Extended80.BIAS && sig == Extended80.INTEGER_BIT) {
            Wide.ONE.minus(Wide.ONE.scale(-200)).round(z, false, control);
            return;
        }
        z.exceptions |= Extended80.isInfinity(se, sig) ? 0 : Extended80.PE;
        z.set(se, sig);
    }

    /** FYL2X: y times log2 of x. */
    public static void yLog2X(Extended80 z, int ySe, long ySig, int xSe, long xSig, int control) {
        if (z.takesNan(ySe, ySig, xSe, xSig)) {
            return;
        }
        int ySign = Extended80.sign(ySe);
        boolean yInfinite = Extended80.isInfinity(ySe, ySig);
        if (xSig == 0) {
            logarithmOfZero(z, ySe, ySig);
            return;
        }
        boolean one = xSe == Extended80.BIAS && xSig == Extended80.INTEGER_BIT;
        boolean xInfinite = Extended80.isInfinity(xSe, xSig);
        if (Extended80.sign(xSe) != 0 || xInfinite && ySig == 0 || one && yInfinite) {
            z.invalid();
            return;
        }
        z.operand(ySe, ySig);
        z.operand(xSe, xSig);
        int sign = ySign ^ (Extended80.exponent(xSe) < Extended80.BIAS ? Extended80.SIGN : 0);
        if (xInfinite || yInfinite) {
            z.setInfinity(sign);
        } else if (one || ySig == 0) {
            z.setZero(sign);
        } else {
            Wide.of(ySe, ySig).times(log2(Wide.of(xSe, xSig))).round(z, false, control);
        }
    }

    private static void logarithmOfZero(Extended80 z, int ySe, long ySig) {
        if (Extended80.isZero(ySe, ySig)) {
            z.invalid();
            return;
        }
        z.exceptions = Extended80.isInfinity(ySe, ySig) ? 0 : Extended80.ZE;
        z.setInfinity(Extended80.sign(ySe) ^ Extended80.SIGN);
    }

    /** Base-2 logarithm of a positive number. */
    private static Wide log2(Wide x) {
        boolean upper = Long.compareUnsigned(x.hi(), 0xb504_f333_f9de_6484L) > 0;
        int exponent = upper ? x.exponent() + 1 : x.exponent();
        Wide m = x.scale(-exponent);
        Wide s = m.minus(Wide.ONE).over(m.plus(Wide.ONE));
        return Wide.of(exponent).plus(Series.areaTangent(s).times(Series.TWO_LOG2_E));
    }

    /** FYL2XP1: y times log2 of x + 1. */
    public static void yLog2XPlus1(
            Extended80 z, int ySe, long ySig, int xSe, long xSig, int control) {
        if (z.takesNan(ySe, ySig, xSe, xSig)) {
            return;
        }
        int sign = Extended80.sign(ySe ^ xSe);
        boolean yInfinite = Extended80.isInfinity(ySe, ySig);
        boolean xInfinite = Extended80.isInfinity(xSe, xSig);
        if (yInfinite && xSig == 0 || xInfinite && (ySig == 0 || Extended80.sign(xSe) != 0)) {
            z.invalid();
            return;
        }
        z.operand(ySe, ySig);
        z.operand(xSe, xSig);
        if (yInfinite || xInfinite) {
            z.setInfinity(sign);
        } else if (xSig == 0 || ySig == 0) {
            z.setZero(sign);
        } else {
            Wide x = Wide.of(xSe, xSig);
            if (x.negative() && x.exponent() >= 0) {
                // The result for x of -1 and below is undefined.
                z.exceptions |= Extended80.PE;
                z.set(xSe, xSig);
                return;
            }
            Wide log = x.exponent() < -2 ? log2NearOne(x) : log2(x.plus(Wide.ONE));
            Wide.of(ySe, ySig).times(log).round(z, false, control);
        }
    }

    private static Wide log2NearOne(Wide x) {
        Wide s = x.over(x.plus(Wide.TWO));
        return Series.areaTangent(s).times(Series.TWO_LOG2_E);
    }
}
