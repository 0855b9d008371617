package xenolith.machine.alu.x87;

/** FCOM and its kin, FTST, FXAM. */
public final class Comparison {
    /** Condition codes of a &gt; b, a &lt; b, a = b and of unordered operands. */
    public static final int GREATER = 0;

    public static final int LESS = Extended80.C0;
    public static final int EQUAL = Extended80.C3;
    public static final int UNORDERED = Extended80.C0 | Extended80.C2 | Extended80.C3;

    private Comparison() {}

    /**
     * Compares a with b: one of the constants above. The exceptions go to {@code z}.
     *
     * @param quiet whether quiet NaNs are no invalid operation (FUCOM)
     */
    public static int compare(Extended80 z, int aSe, long aSig, int bSe, long bSig, boolean quiet) {
        if (Extended80.isUnsupported(aSe, aSig)
                || Extended80.isUnsupported(bSe, bSig)
                || Extended80.isNan(aSe, aSig)
                || Extended80.isNan(bSe, bSig)) {
            boolean silent =
                    quiet
                            && !Extended80.isUnsupported(aSe, aSig)
                            && !Extended80.isUnsupported(bSe, bSig)
                            && !Extended80.isSignalingNan(aSe, aSig)
                            && !Extended80.isSignalingNan(bSe, bSig);
            z.exceptions = silent ? 0 : Extended80.IE;
            return UNORDERED;
        }
        z.operand(aSe, aSig);
        z.operand(bSe, bSig);
        if (Extended80.isZero(aSe, aSig) && Extended80.isZero(bSe, bSig)) {
            return EQUAL;
        }
        boolean aNegative = Extended80.sign(aSe) != 0;
        if (aNegative != (Extended80.sign(bSe) != 0)) {
            return aNegative ? LESS : GREATER;
        }
        // A pseudo-denormal has the exponent of a normal number that is equal to it.
        int order =
                Integer.compare(
                        Math.max(Extended80.exponent(aSe), 1),
                        Math.max(Extended80.exponent(bSe), 1));
        if (order == 0) {
            order = Long.compareUnsigned(aSig, bSig);
        }
        if (order == 0) {
            return EQUAL;
        }
        return order > 0 != aNegative ? GREATER : LESS;
    }

    /** FXAM's condition codes for a register that is not empty, C1 included. */
    public static int examine(int se, long sig) {
        int sign = Extended80.sign(se) != 0 ? Extended80.C1 : 0;
        if (Extended80.isUnsupported(se, sig)) {
            return sign;
        }
        if (Extended80.isNan(se, sig)) {
            return sign | Extended80.C0;
        }
        if (Extended80.isInfinity(se, sig)) {
            return sign | Extended80.C2 | Extended80.C0;
        }
        if (Extended80.isZero(se, sig)) {
            return sign | Extended80.C3;
        }
        return Extended80.isDenormal(se, sig)
                ? sign | Extended80.C3 | Extended80.C2
                : sign | Extended80.C2;
    }
}
