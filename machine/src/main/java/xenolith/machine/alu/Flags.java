package xenolith.machine.alu;

import xenolith.abi.x86.Rflags;

/**
 * The six arithmetic flags in two words, so that an operation stores two values and never asks what
 * kind of operation wrote last.
 *
 * <ul>
 *   <li>{@code result}: the result, sign-extended from its width to 64 bits. ZF is {@code result ==
 *       0}; SF its sign; PF the parity of its low byte.
 *   <li>{@code aux}: bit 63 is CF; bit 62 is CF xor OF (the carry into the top bit); bit 4 is AF;
 *       bit 0 inverts SF; bits 8 to 15 are xored into the low byte before taking its parity. The
 *       last two are zero after arithmetic and allow any combination of flags to be loaded.
 * </ul>
 *
 * {@code shift} is 64 less the operand's width in bits: 56, 48, 32 or 0. Operands may have anything
 * above their width.
 */
public final class Flags {
    private static final long CARRY = 1L << 63;

    /** The bit that holds CF xor OF. */
    private static final long OVERFLOW = 1L << 62;

    private static final long CARRIES = CARRY | OVERFLOW;

    private Flags() {}

    /** {@code aux} after {@code result = a + b} or {@code a + b + carry}. */
    public static long auxAdd(long a, long b, long result, int shift) {
        long carries = a & b | (a | b) & ~result;
        return carries << shift & CARRIES | (a ^ b ^ result) & Rflags.AF;
    }

    /** {@code aux} after {@code result = a - b} or {@code a - b - borrow}. */
    public static long auxSub(long a, long b, long result, int shift) {
        long borrows = ~a & b | ~(a ^ b) & result;
        return borrows << shift & CARRIES | (a ^ b ^ result) & Rflags.AF;
    }

    /** {@code aux} after INC with {@code oldAux} before: CF stays. */
    public static long auxInc(long a, long result, int shift, long oldAux) {
        return keepCarry(auxAdd(a, 1, result, shift), oldAux);
    }

    /** {@code aux} after DEC with {@code oldAux} before: CF stays. */
    public static long auxDec(long a, long result, int shift, long oldAux) {
        return keepCarry(auxSub(a, 1, result, shift), oldAux);
    }

    private static long keepCarry(long aux, long oldAux) {
        long overflow = (aux ^ aux << 1) >>> 1 & OVERFLOW;
        return aux & ~CARRIES | oldAux & CARRY | overflow ^ oldAux >>> 1 & OVERFLOW;
    }

    /** {@code aux} with CF set to {@code carry} and all else as before. */
    public static long withCarry(long aux, boolean carry) {
        return withCarryOverflow(aux, carry, overflow(aux));
    }

    /** {@code aux} with CF and OF as given and all else as before. */
    public static long withCarryOverflow(long aux, boolean carry, boolean overflow) {
        return aux & ~CARRIES | aux(carry, overflow);
    }

    /** {@code aux} with the given CF and OF; all else zero. */
    public static long aux(boolean carry, boolean overflow) {
        return (carry ? 1L << 63 : 0) | (carry != overflow ? 1L << 62 : 0);
    }

    public static boolean cf(long aux) {
        return aux < 0;
    }

    public static boolean overflow(long aux) {
        return (aux ^ aux << 1) < 0;
    }

    public static boolean zf(long result) {
        return result == 0;
    }

    public static boolean sf(long result, long aux) {
        return (result ^ aux << 63) < 0;
    }

    public static boolean af(long aux) {
        return (aux & Rflags.AF) != 0;
    }

    public static boolean pf(long result, long aux) {
        return (Long.bitCount((result ^ aux >>> 8) & 0xff) & 1) == 0;
    }

    /** The six flags at their places in RFLAGS. */
    public static int status(long result, long aux) {
        return (cf(aux) ? Rflags.CF : 0)
                | (pf(result, aux) ? Rflags.PF : 0)
                | (int) (aux & Rflags.AF)
                | (zf(result) ? Rflags.ZF : 0)
                | (sf(result, aux) ? Rflags.SF : 0)
                | (overflow(aux) ? Rflags.OF : 0);
    }

    /** A {@code result} word for the flags in {@code status} (bits as in RFLAGS). */
    public static long resultOf(int status) {
        return (status & Rflags.ZF) != 0 ? 0 : 1;
    }

    /** The {@code aux} word that goes with {@link #resultOf}. */
    public static long auxOf(int status) {
        boolean zero = (status & Rflags.ZF) != 0;
        long aux =
                aux((status & Rflags.CF) != 0, (status & Rflags.OF) != 0)
                        | status & Rflags.AF
                        | ((status & Rflags.SF) != 0 ? 1 : 0);
        // The low byte of result is 0 (even parity) or 1 (odd).
        boolean parityOfResult = zero;
        boolean wanted = (status & Rflags.PF) != 0;
        return parityOfResult == wanted ? aux : aux | 1 << 8;
    }

    /**
     * Condition {@code cc}, 0 to 15, as the low four bits of Jcc, SETcc and CMOVcc encode it (SDM
     * volume 1, appendix B).
     */
    public static boolean condition(int cc, long result, long aux) {
        boolean value =
                switch (cc >>> 1) {
                    case 0 -> overflow(aux);
                    case 1 -> aux < 0;
                    case 2 -> result == 0;
                    case 3 -> aux < 0 || result == 0;
                    case 4 -> sf(result, aux);
                    case 5 -> pf(result, aux);
                    case 6 -> sf(result, aux) != overflow(aux);
                    default -> result == 0 || sf(result, aux) != overflow(aux);
                };
        return value != ((cc & 1) != 0);
    }
}
