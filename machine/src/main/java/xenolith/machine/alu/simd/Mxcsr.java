package xenolith.machine.alu.simd;

/** Bits of MXCSR (SDM volume 1, 10.2.3). */
public final class Mxcsr {
    /** Sticky exception flags: invalid, denormal, divide by zero, overflow, underflow, inexact. */
    public static final int IE = 1;

    public static final int DE = 1 << 1;
    public static final int ZE = 1 << 2;
    public static final int OE = 1 << 3;
    public static final int UE = 1 << 4;
    public static final int PE = 1 << 5;

    /** All six flags. */
    public static final int FLAGS = 0x3f;

    /** Denormal operands are zeros. */
    public static final int DAZ = 1 << 6;

    /** Shift of the six masks. */
    public static final int MASK_SHIFT = 7;

    /** Shift of rounding control: 0 nearest even, 1 down, 2 up, 3 towards zero. */
    public static final int RC_SHIFT = 13;

    /** Tiny results are zeros, if underflow is masked. */
    public static final int FTZ = 1 << 15;

    /** MXCSR_MASK: setting any other bit is #GP. */
    public static final int VALID = 0xffff;

    private static final int MODE = 3 << RC_SHIFT | FLAGS << MASK_SHIFT;
    private static final int DEFAULT_MODE = FLAGS << MASK_SHIFT;

    private Mxcsr() {}

    /**
     * Whether Java's own arithmetic gives the result of normal operands: rounding to nearest with
     * all exceptions masked.
     */
    public static boolean plain(int mxcsr) {
        return (mxcsr & MODE) == DEFAULT_MODE;
    }
}
