package xenolith.machine.alu.x87;

/**
 * An 80-bit number as the outcome of an operation, with the exceptions that it met (SDM volume 1,
 * 4.2.2 and 8.2). One object is reused: operations overwrite it.
 *
 * <p>Operations take the number's two parts apart: {@code se} has the sign in bit 15 and the biased
 * exponent below, {@code sig} the significand with its explicit integer bit on top.
 */
public final class Extended80 {
    /** Exceptions, at their places in the status word. */
    public static final int IE = 1;

    public static final int DE = 1 << 1;
    public static final int ZE = 1 << 2;
    public static final int OE = 1 << 3;
    public static final int UE = 1 << 4;
    public static final int PE = 1 << 5;

    /** Stack fault; comes with {@link #IE}. */
    public static final int SF = 1 << 6;

    /** Condition code C1: with {@link #PE} rounded away from zero, with {@link #SF} overflow. */
    public static final int C1 = 1 << 9;

    public static final int C0 = 1 << 8;
    public static final int C2 = 1 << 10;
    public static final int C3 = 1 << 14;

    /** Exceptions that keep the operation from being performed if unmasked. */
    public static final int BEFORE = IE | DE | ZE;

    public static final int BIAS = 0x3fff;
    public static final int MAX_EXPONENT = 0x7fff;
    public static final int SIGN = 0x8000;
    static final long INTEGER_BIT = 1L << 63;
    private static final long QUIET_BIT = 1L << 62;

    public int signExponent;
    public long significand;

    /** Exceptions met, {@link #SF} and {@link #C1}, at their places in the status word. */
    public int exceptions;

    /** Sets the value and leaves the exceptions. */
    public void set(int se, long sig) {
        signExponent = se;
        significand = sig;
    }

    void setZero(int sign) {
        set(sign, 0);
    }

    void setInfinity(int sign) {
        set(sign | MAX_EXPONENT, INTEGER_BIT);
    }

    /** The QNaN floating-point indefinite, the masked response to an invalid operation. */
    public void setIndefinite() {
        set(SIGN | MAX_EXPONENT, INTEGER_BIT | QUIET_BIT);
    }

    /** An invalid operation: its masked response, and no exception but IE. */
    void invalid() {
        exceptions = IE;
        setIndefinite();
    }

    static int exponent(int se) {
        return se & MAX_EXPONENT;
    }

    static int sign(int se) {
        return se & SIGN;
    }

    static boolean isZero(int se, long sig) {
        return sig == 0 && (se & MAX_EXPONENT) == 0;
    }

    /** Denormal or pseudo-denormal. */
    static boolean isDenormal(int se, long sig) {
        return (se & MAX_EXPONENT) == 0 && sig != 0;
    }

    static boolean isInfinity(int se, long sig) {
        return (se & MAX_EXPONENT) == MAX_EXPONENT && sig == INTEGER_BIT;
    }

    static boolean isNan(int se, long sig) {
        return (se & MAX_EXPONENT) == MAX_EXPONENT && sig < 0 && sig << 1 != 0;
    }

    static boolean isSignalingNan(int se, long sig) {
        return isNan(se, sig) && (sig & QUIET_BIT) == 0;
    }

    /** Pseudo-NaN, pseudo-infinity or unnormal: invalid since the 80387 (SDM volume 1, 8.2.2). */
    static boolean isUnsupported(int se, long sig) {
        return sig >= 0 && (se & MAX_EXPONENT) != 0;
    }

    /** Exponent of a finite number as if normalized; 0 or negative for a denormal. */
    static int normalExponent(int se, long sig) {
        int exponent = se & MAX_EXPONENT;
        return exponent != 0 ? exponent : 1 - Long.numberOfLeadingZeros(sig);
    }

    /** Significand of a finite number, normalized; 0 for zero. */
    static long normalSignificand(long sig) {
        return sig << Long.numberOfLeadingZeros(sig);
    }

    /** Notes a denormal operand. */
    void operand(int se, long sig) {
        if (isDenormal(se, sig)) {
            exceptions |= DE;
        }
    }

    /**
     * Deals with an operand that is no number: returns false if {@code a} is a number, else the
     * result stands.
     */
    boolean takesNan(int se, long sig) {
        if (isUnsupported(se, sig)) {
            invalid();
            return true;
        }
        if (!isNan(se, sig)) {
            return false;
        }
        exceptions = (sig & QUIET_BIT) == 0 ? IE : 0;
        set(se, sig | QUIET_BIT);
        return true;
    }

    /**
     * Deals with two operands of which one is no number (SDM volume 1, table 4-7): returns false if
     * both are numbers, else the result stands.
     */
    boolean takesNan(int aSe, long aSig, int bSe, long bSig) {
        if (isUnsupported(aSe, aSig) || isUnsupported(bSe, bSig)) {
            invalid();
            return true;
        }
        boolean aNan = isNan(aSe, aSig);
        boolean bNan = isNan(bSe, bSig);
        if (!aNan && !bNan) {
            return false;
        }
        boolean aSignals = aNan && (aSig & QUIET_BIT) == 0;
        boolean bSignals = bNan && (bSig & QUIET_BIT) == 0;
        exceptions = aSignals || bSignals ? IE : 0;
        boolean takeA;
        if (aNan && bNan && aSignals == bSignals) {
            int order = Long.compareUnsigned(aSig, bSig);
            takeA = order > 0 || order == 0 && sign(aSe) == 0;
        } else {
            // A quiet NaN wins over a signaling one, any NaN over a number.
            takeA = aNan && !(bNan && aSignals);
        }
        set(takeA ? aSe : bSe, (takeA ? aSig : bSig) | QUIET_BIT);
        return true;
    }
}
