package xenolith.machine.alu.x87;

/**
 * FSIN, FCOS, FPTAN, FPATAN: within one unit in the last place of the 80-bit format of the function
 * of the argument reduced by the hardware's 66-bit pi (SDM volume 1, 8.3.8).
 */
public final class Trigonometry {
    /** Pi / 2 in units of 2^-65: the 66 bits of pi that processors use. */
    private static final long HALF_PI_HIGH = 3;

    private static final long HALF_PI_LOW = 0x243f_6a88_85a3_08d3L;

    private Trigonometry() {}

    /** An angle as a quadrant, 0 to 3, and the distance from its middle. */
    private record Angle(Wide rest, int quadrant) {
        Wide sine() {
            return sineAt(quadrant);
        }

        /** The sine of a quarter turn more. */
        Wide cosine() {
            return sineAt(quadrant + 1);
        }

        private Wide sineAt(int q) {
            Wide value =
                    (q & 1) == 0
                            ? Series.odd(Series.SINE, rest)
                            : Wide.polynomial(Series.COSINE, rest.times(rest));
            return (q & 2) != 0 ? value.negate() : value;
        }
    }

    /** Whether the argument is a finite number of 2^63 or more, which sets C2 and does nothing. */
    public static boolean outOfRange(int se, long sig) {
        int exponent = Extended80.exponent(se);
        return sig < 0 && exponent >= Extended80.BIAS + 63 && exponent < Extended80.MAX_EXPONENT;
    }

    public static void sine(Extended80 z, int se, long sig, int control) {
        if (special(z, se, sig)) {
            return;
        }
        if (sig == 0) {
            z.set(se, sig);
        } else {
            reduce(se, sig).sine().round(z, false, control);
        }
    }

    public static void cosine(Extended80 z, int se, long sig, int control) {
        if (special(z, se, sig)) {
            return;
        }
        if (sig == 0) {
            z.set(Extended80.BIAS, Extended80.INTEGER_BIT);
        } else {
            reduce(se, sig).cosine().round(z, false, control);
        }
    }

    public static void tangent(Extended80 z, int se, long sig, int control) {
        if (special(z, se, sig)) {
            return;
        }
        if (sig == 0) {
            z.set(se, sig);
            return;
        }
        Angle angle = reduce(se, sig);
        angle.sine().over(angle.cosine()).round(z, false, control);
    }

    private static boolean special(Extended80 z, int se, long sig) {
        if (z.takesNan(se, sig)) {
            return true;
        }
        if (Extended80.isInfinity(se, sig)) {
            z.invalid();
            return true;
        }
        z.operand(se, sig);
        return false;
    }

    private static Angle reduce(int se, long sig) {
        Wide x = Wide.of(se, sig);
        if (x.exponent() < -1) {
            return new Angle(x, 0);
        }
        long high = 0;
        long low = x.hi();
        int quotient = 0;
        for (int i = x.exponent() + 2; i >= 0; i--) {
            boolean fits =
                    high > HALF_PI_HIGH
                            || high == HALF_PI_HIGH && Long.compareUnsigned(low, HALF_PI_LOW) >= 0;
            quotient = quotient << 1 | (fits ? 1 : 0);
            if (fits) {
                high -= HALF_PI_HIGH + (Long.compareUnsigned(low, HALF_PI_LOW) < 0 ? 1 : 0);
                low -= HALF_PI_LOW;
            }
            if (i > 0) {
                high = high << 1 | low >>> 63;
                low <<= 1;
            }
        }
        Wide rest = Wide.normalized(false, 62, high, low);
        Wide halfPi = Wide.normalized(false, 62, HALF_PI_HIGH, HALF_PI_LOW);
        if (rest.scale(1).compareMagnitude(halfPi) > 0) {
            rest = rest.minus(halfPi);
            quotient++;
        }
        return x.negative()
                ? new Angle(rest.negate(), -quotient & 3)
                : new Angle(rest, quotient & 3);
    }

    /** FPATAN: the angle of the point (x, y), from minus pi to pi. */
    public static void arcTangent(
            Extended80 z, int ySe, long ySig, int xSe, long xSig, int control) {
        if (z.takesNan(ySe, ySig, xSe, xSig)) {
            return;
        }
        z.operand(ySe, ySig);
        z.operand(xSe, xSig);
        boolean xNegative = Extended80.sign(xSe) != 0;
        boolean yNegative = Extended80.sign(ySe) != 0;
        boolean xInfinite = Extended80.isInfinity(xSe, xSig);
        boolean yInfinite = Extended80.isInfinity(ySe, ySig);
        Wide angle;
        if (yInfinite) {
            angle = !xInfinite ? Series.HALF_PI : quarterPi(xNegative);
        } else if (xInfinite || ySig == 0) {
            angle = xNegative ? Series.PI : Wide.ZERO;
        } else if (xSig == 0) {
            angle = Series.HALF_PI;
        } else {
            angle = angle(Wide.of(ySe & ~Extended80.SIGN, ySig), Wide.of(xSe, xSig));
        }
        if (angle.isZero()) {
            z.setZero(Extended80.sign(ySe));
        } else {
            (yNegative ? angle.negate() : angle).round(z, false, control);
        }
    }

    private static Wide quarterPi(boolean xNegative) {
        Wide quarter = Series.HALF_PI.scale(-1);
        return xNegative ? Series.PI.minus(quarter) : quarter;
    }

    /** The angle of (x, y) for a positive y, from 0 to pi. */
    private static Wide angle(Wide y, Wide x) {
        Wide magnitude = x.negative() ? x.negate() : x;
        if (y.compareMagnitude(magnitude) > 0) {
            Wide rest = Series.arcTangent(magnitude.over(y));
            return x.negative() ? Series.HALF_PI.plus(rest) : Series.HALF_PI.minus(rest);
        }
        Wide angle = Series.arcTangent(y.over(magnitude));
        return x.negative() ? Series.PI.minus(angle) : angle;
    }
}
