package xenolith.machine.alu.x87;

/** Power series and constants with 128 bits, computed once when the class is loaded. */
final class Series {
    /** Coefficients of x^(2k+1) in sin x. */
    static final Wide[] SINE = factorials(14, 1);

    /** Coefficients of x^(2k) in cos x. */
    static final Wide[] COSINE = factorials(14, 0);

    /** Coefficients of x^(k+1) in exp x - 1. */
    static final Wide[] EXPONENTIAL = exponential(30);

    /** Coefficients of x^(2k+1) in atan x, enough for |x| up to 1/16. */
    static final Wide[] ARC_TANGENT = oddReciprocals(16, true);

    /** Coefficients of x^(2k+1) in atanh x, enough for |x| up to 1/3. */
    static final Wide[] AREA_TANGENT = oddReciprocals(42, false);

    static final Wide LN_2 = areaTangent(Wide.ONE.over(Wide.of(3))).scale(1);

    /** 2 / ln 2. */
    static final Wide TWO_LOG2_E = Wide.TWO.over(LN_2);

    /** atan(k / 16). */
    private static final Wide[] ARC_TANGENT_STEPS = arcTangentSteps();

    static final Wide HALF_PI = ARC_TANGENT_STEPS[16].scale(1);
    static final Wide PI = HALF_PI.scale(1);

    private Series() {}

    private static Wide[] factorials(int count, int first) {
        Wide[] result = new Wide[count];
        Wide term = Wide.ONE;
        for (int k = 0; k < count; k++) {
            result[k] = (k & 1) == 0 ? term : term.negate();
            int n = 2 * k + first;
            term = term.over(Wide.of((n + 1) * (n + 2)));
        }
        return result;
    }

    private static Wide[] exponential(int count) {
        Wide[] result = new Wide[count];
        Wide term = Wide.ONE;
        for (int k = 0; k < count; k++) {
            term = term.over(Wide.of(k + 1));
            result[k] = term;
        }
        return result;
    }

    private static Wide[] oddReciprocals(int count, boolean alternating) {
        Wide[] result = new Wide[count];
        for (int k = 0; k < count; k++) {
            boolean negative = alternating && (k & 1) != 0;
            result[k] = Wide.ONE.over(Wide.of(negative ? -(2 * k + 1) : 2 * k + 1));
        }
        return result;
    }

    private static Wide[] arcTangentSteps() {
        Wide[] steps = new Wide[17];
        steps[0] = Wide.ZERO;
        for (int k = 1; k < steps.length; k++) {
            // tan(atan(k/16) - atan((k-1)/16))
            Wide step = Wide.of(16).over(Wide.of(256 + k * (k - 1)));
            steps[k] = steps[k - 1].plus(smallArcTangent(step));
        }
        return steps;
    }

    /** An odd function by its series. */
    static Wide odd(Wide[] coefficients, Wide x) {
        return x.times(Wide.polynomial(coefficients, x.times(x)));
    }

    private static Wide smallArcTangent(Wide x) {
        return odd(ARC_TANGENT, x);
    }

    /** atanh x for |x| up to 1/3. */
    static Wide areaTangent(Wide x) {
        return odd(AREA_TANGENT, x);
    }

    /** atan of a number from 0 to 1. */
    static Wide arcTangent(Wide t) {
        int k = 0;
        if (t.exponent() >= -5) {
            // t * 16 + 1/2, truncated: t's point is 63 - exponent bits from the right.
            k = (int) (t.hi() >>> 63 - t.exponent() - 5) + 1 >> 1;
        }
        if (k == 0) {
            return smallArcTangent(t);
        }
        Wide c = Wide.of(k).scale(-4);
        Wide small = t.minus(c).over(Wide.ONE.plus(t.times(c)));
        return ARC_TANGENT_STEPS[k].plus(smallArcTangent(small));
    }
}
