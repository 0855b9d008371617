package xenolith.machine.alu.simd;

/**
 * Says when a result of Java's own arithmetic is what SSE stores: under {@link Mxcsr#plain}, normal
 * or zero operands and result, and no exception but inexact, which is set already or proven not to
 * have happened by an error-free transformation. "No" is always safe: {@link Ieee} knows the rest.
 */
public final class Plain {
    /** Above this, residuals of products and quotients are not denormal. */
    private static final double RESIDUAL_SAFE = 0x1p-900;

    private Plain() {}

    private static boolean ok(double v) {
        double m = Math.abs(v);
        return m >= Double.MIN_NORMAL && m <= Double.MAX_VALUE || m == 0;
    }

    private static boolean ok(float v) {
        float m = Math.abs(v);
        return m >= Float.MIN_NORMAL && m <= Float.MAX_VALUE || m == 0;
    }

    /** Normal, and not the smallest: that one may be a tiny result rounded up. */
    private static boolean okResult(double r) {
        double m = Math.abs(r);
        return m > Double.MIN_NORMAL && m <= Double.MAX_VALUE;
    }

    private static boolean okResult(float r) {
        float m = Math.abs(r);
        return m > Float.MIN_NORMAL && m <= Float.MAX_VALUE;
    }

    private static boolean inexactKnown(int mxcsr) {
        return (mxcsr & Mxcsr.PE) != 0;
    }

    /** {@code r = a + b}. */
    public static boolean sum(double a, double b, double r, int mxcsr) {
        return Mxcsr.plain(mxcsr)
                && ok(a)
                && ok(b)
                && ok(r)
                && (inexactKnown(mxcsr) || exactSum(a, b, r));
    }

    private static boolean exactSum(double a, double b, double r) {
        double fromB = r - a;
        return a - (r - fromB) + (b - fromB) == 0;
    }

    /** {@code r = a * b}. */
    public static boolean product(double a, double b, double r, int mxcsr) {
        if (!Mxcsr.plain(mxcsr) || !ok(a) || !ok(b)) {
            return false;
        }
        if (r == 0) {
            return a == 0 || b == 0;
        }
        return okResult(r)
                && (inexactKnown(mxcsr) || Math.abs(r) > RESIDUAL_SAFE && Math.fma(a, b, -r) == 0);
    }

    /** {@code r = a / b}. */
    public static boolean quotient(double a, double b, double r, int mxcsr) {
        if (!Mxcsr.plain(mxcsr) || !ok(a) || !ok(b) || b == 0) {
            return false;
        }
        if (a == 0) {
            return true;
        }
        return okResult(r)
                && (inexactKnown(mxcsr) || Math.abs(a) > RESIDUAL_SAFE && Math.fma(-r, b, a) == 0);
    }

    /** {@code r = sqrt(a)}. */
    public static boolean root(double a, double r, int mxcsr) {
        return Mxcsr.plain(mxcsr)
                && (a == 0
                        || a > 0
                                && ok(a)
                                && (inexactKnown(mxcsr)
                                        || a > RESIDUAL_SAFE && Math.fma(-r, r, a) == 0));
    }

    /** {@code r = a + b}. */
    public static boolean sum(float a, float b, float r, int mxcsr) {
        return Mxcsr.plain(mxcsr)
                && ok(a)
                && ok(b)
                && ok(r)
                && (inexactKnown(mxcsr) || exactSum(a, b, r));
    }

    private static boolean exactSum(float a, float b, float r) {
        float fromB = r - a;
        return a - (r - fromB) + (b - fromB) == 0;
    }

    /** {@code r = a * b}. */
    public static boolean product(float a, float b, float r, int mxcsr) {
        if (!Mxcsr.plain(mxcsr) || !ok(a) || !ok(b)) {
            return false;
        }
        if (r == 0) {
            return a == 0 || b == 0;
        }
        return okResult(r) && (inexactKnown(mxcsr) || (double) a * b == r);
    }

    /** {@code r = a / b}. */
    public static boolean quotient(float a, float b, float r, int mxcsr) {
        if (!Mxcsr.plain(mxcsr) || !ok(a) || !ok(b) || b == 0) {
            return false;
        }
        if (a == 0) {
            return true;
        }
        return okResult(r) && (inexactKnown(mxcsr) || (double) r * b == a);
    }

    /** {@code r = sqrt(a)}. */
    public static boolean root(float a, float r, int mxcsr) {
        return Mxcsr.plain(mxcsr)
                && (a == 0 || a > 0 && ok(a) && (inexactKnown(mxcsr) || (double) r * r == a));
    }

    /** Whether {@code a} and {@code b} compare as Java compares them, without any exception. */
    public static boolean comparable(double a, double b) {
        return ok(a) && ok(b);
    }

    /** Whether {@code a} and {@code b} compare as Java compares them, without any exception. */
    public static boolean comparable(float a, float b) {
        return ok(a) && ok(b);
    }
}
