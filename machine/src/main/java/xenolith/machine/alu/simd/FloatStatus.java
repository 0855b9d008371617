package xenolith.machine.alu.simd;

/** How one instruction computes (rounding, DAZ, FTZ, masks), and the exceptions that it met. */
public final class FloatStatus {
    public static final int NEAREST = 0;
    public static final int DOWN = 1;
    public static final int UP = 2;
    public static final int TRUNCATE = 3;

    /** {@link #NEAREST}, {@link #DOWN}, {@link #UP} or {@link #TRUNCATE}. */
    public int rounding;

    /** Exceptions met in this stage: bits of {@link Mxcsr}. */
    public int flags;

    /** Exceptions of the stages before, all masked. */
    private int settled;

    private final int mxcsr;
    final boolean denormalsAreZeros;
    final boolean flushToZero;
    final boolean overflowMasked;
    final boolean underflowMasked;

    public FloatStatus(int mxcsr) {
        this.mxcsr = mxcsr;
        rounding = mxcsr >>> Mxcsr.RC_SHIFT & 3;
        denormalsAreZeros = (mxcsr & Mxcsr.DAZ) != 0;
        overflowMasked = (mxcsr & Mxcsr.OE << Mxcsr.MASK_SHIFT) != 0;
        underflowMasked = (mxcsr & Mxcsr.UE << Mxcsr.MASK_SHIFT) != 0;
        flushToZero = underflowMasked && (mxcsr & Mxcsr.FTZ) != 0;
    }

    /** The exceptions met that are not masked. */
    public int unmasked() {
        return flags & ~(mxcsr >>> Mxcsr.MASK_SHIFT) & Mxcsr.FLAGS;
    }

    /**
     * The flags that MXCSR gets: where an exception of the operands is not masked, no result was
     * computed, and so no exception of a result is seen.
     */
    public int sticky() {
        return (unmasked() & (Mxcsr.IE | Mxcsr.DE | Mxcsr.ZE)) != 0
                ? settled | flags & (Mxcsr.IE | Mxcsr.DE | Mxcsr.ZE)
                : settled | flags;
    }

    /**
     * Goes on to the next stage of an instruction that is made of several operations (DPPS); false
     * if an exception that is not masked stops it here.
     */
    public boolean nextStage() {
        if (unmasked() != 0) {
            return false;
        }
        settled |= flags;
        flags = 0;
        return true;
    }

    void raise(int exceptions) {
        flags |= exceptions;
    }

    /**
     * What is added to a significand before its low bits, all of {@code mask}, are cut off: half of
     * them to nearest, all or nothing in the directed modes.
     */
    long increment(boolean negative, long mask) {
        return switch (rounding) {
            case NEAREST -> (mask >>> 1) + 1;
            case DOWN -> negative ? mask : 0;
            case UP -> negative ? 0 : mask;
            default -> 0;
        };
    }

    /** Whether an overflow gives infinity, and not the largest finite number. */
    boolean overflowsToInfinity(boolean negative) {
        return increment(negative, 1) != 0;
    }
}
