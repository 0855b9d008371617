package xenolith.machine.alu.x87;

/** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ. */
public final class Constants {
    /** By the low three bits of the opcode: sign and exponent. */
    private static final int[] SIGN_EXPONENT = {
        0x3fff, 0x4000, 0x3fff, 0x4000, 0x3ffd, 0x3ffe, 0, 0
    };

    /** Significands, truncated. */
    private static final long[] SIGNIFICAND = {
        0x8000_0000_0000_0000L,
        0xd49a_784b_cd1b_8afeL,
        0xb8aa_3b29_5c17_f0bbL,
        0xc90f_daa2_2168_c234L,
        0x9a20_9a84_fbcf_f798L,
        0xb172_17f7_d1cf_79abL,
        0,
        0
    };

    /** The bits that follow, left-aligned. */
    private static final long[] REST = {
        0,
        0x492b_0000_0000_0001L,
        0xbe87_0000_0000_0001L,
        0xc4c6_0000_0000_0001L,
        0x8f89_0000_0000_0001L,
        0xc9e3_0000_0000_0001L,
        0,
        0
    };

    private Constants() {}

    /** Constant {@code index} (0 to 6: the opcode after D9 E8), rounded as {@code control} says. */
    public static void load(Extended80 z, int index, int control) {
        boolean up = Rounding.up(Rounding.mode(control), 0, false, REST[index]);
        z.exceptions = 0;
        // An odd significand makes no difference: no rest is exactly one half.
        z.set(SIGN_EXPONENT[index], SIGNIFICAND[index] + (up ? 1 : 0));
    }
}
