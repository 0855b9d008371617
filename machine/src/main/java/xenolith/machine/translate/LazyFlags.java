package xenolith.machine.translate;

import xenolith.machine.alu.Flags;
import xenolith.machine.alu.Shift;
import xenolith.machine.cpu.Cpu;

/**
 * Flags that are not computed before somebody asks: the kind of the last operation that wrote them,
 * its operands {@code a} and {@code b}, and its result, from which {@link #aux} makes the second
 * flag word of {@link Flags}. The first one is the result itself.
 *
 * <p>A kind is one of the constants here plus {@code shift << 8}, with {@code shift} 64 less the
 * operand's width in bits.
 */
final class LazyFlags {
    /** {@code a} is the flag word. */
    static final int WORD = 0;

    static final int ADD = 1;

    /** ADD with a carry: the same formula, but the carry is not that of {@code a + b}. */
    static final int ADC = 2;

    /** SUB, CMP and NEG. */
    static final int SUB = 3;

    static final int SBB = 4;

    /** AND, OR, XOR and TEST. */
    static final int LOGIC = 5;

    /** SHL, SHR and SAR of {@code a} by {@code b}. */
    static final int SHL = 6;

    static final int SHR = 7;
    static final int SAR = 8;

    /** INC and DEC of {@code a}; {@code b} is the flag word before. */
    static final int INC = 9;

    static final int DEC = 10;

    /** COMISD and its kin of the doubles with the bits {@code a} and {@code b}. */
    static final int FLOAT = 11;

    /** Only known when the code runs. */
    static final int UNKNOWN = -1;

    private LazyFlags() {}

    static int kind(int kind, int size) {
        return kind | 64 - 8 * size << 8;
    }

    /** Computes the flags that {@code cpu} has as a kind and operands. */
    static void settle(Cpu cpu) {
        if (cpu.flagKind != WORD) {
            cpu.flagAux = aux(cpu.flagKind, cpu.flagAux, cpu.flagOperand, cpu.flagResult);
            cpu.flagKind = WORD;
        }
    }

    /** The same if they are those of a comparison of floats, which other code may not know. */
    static void settleFloat(Cpu cpu) {
        if ((cpu.flagKind & 0xff) == FLOAT) {
            cpu.flagResult = result(cpu.flagKind, cpu.flagAux, cpu.flagOperand, cpu.flagResult);
            settle(cpu);
        }
    }

    /** The second flag word. */
    static long aux(int kind, long a, long b, long result) {
        int shift = kind >>> 8;
        return switch (kind & 0xff) {
            case WORD -> a;
            case ADD, ADC -> Flags.auxAdd(a, b, result, shift);
            case SUB, SBB -> Flags.auxSub(a, b, result, shift);
            case LOGIC -> 0;
            default -> rare(kind & 0xff, a, b, result, shift);
        };
    }

    private static long rare(int kind, long a, long b, long result, int shift) {
        return switch (kind) {
            case SHL -> Shift.auxShl(a, (int) b, shift);
            case SHR -> Shift.auxShr(a, (int) b, shift);
            case SAR -> Shift.auxSar(a, (int) b, shift);
            case INC -> Flags.auxInc(a, result, shift, b);
            case FLOAT -> auxFloat(Double.longBitsToDouble(a), Double.longBitsToDouble(b));
            default -> Flags.auxDec(a, result, shift, b);
        };
    }

    /** CF if less or unordered; PF, which an even result has, only if unordered. */
    private static long auxFloat(double a, double b) {
        if (a > b) {
            return 0;
        }
        return a == b ? 1 << 8 : Flags.aux(true, false);
    }

    /** The first flag word, where {@code result} is what the last operation left there. */
    static long result(int kind, long a, long b, long result) {
        if ((kind & 0xff) != FLOAT) {
            return result;
        }
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        return x < y || x > y ? 1 : 0;
    }

    /** The flag word after IMUL of the sign-extended {@code a} and {@code b}. */
    static long multiplied(long a, long b, long product, int shift, long aux) {
        boolean overflow =
                shift == 0
                        ? Math.multiplyHigh(a, b) != product >> 63
                        : product << shift >> shift != product;
        return Flags.withCarryOverflow(aux, overflow, overflow);
    }

    /** The flag word with CF and OF set if {@code overflow} is not 0. */
    static long multipliedWide(long overflow, long aux) {
        return Flags.withCarryOverflow(aux, overflow != 0, overflow != 0);
    }

    /** The flag word after BT and its kin found {@code bit} (bit 0 counts). */
    static long withCarryBit(long bit, long aux) {
        return Flags.withCarry(aux, (bit & 1) != 0);
    }

    /** The flag word after a division: as the interpreter has it for AMD's Zen. */
    static long divided(long aux) {
        return Flags.aux(Flags.cf(aux), Flags.overflow(aux)) | 1 << 4;
    }

    /**
     * The flag word after SHL (kind 4 or 6, the reg field of the opcode), SHR (5) or SAR (7) of
     * {@code a} by {@code count}, which may be 0.
     */
    static long shiftedBy(int kind, long a, int count, long result, int shift, long aux) {
        if (count == 0) {
            return aux;
        }
        return switch (kind) {
            case 5 -> Shift.auxShr(a, count, shift);
            case 7 -> Shift.auxSar(a, count, shift);
            default -> Shift.auxShl(a, count, shift);
        };
    }

    /** {@code result}, or {@code old} for a count of 0. */
    static long resultAfter(long old, long result, long count) {
        return count == 0 ? old : result;
    }

    /** The result word after BSF and BSR of {@code a} found {@code index}; the other word is 0. */
    static long scanned(long a, long index) {
        return a == 0 ? 0 : index | 0x100;
    }

    /** The result word after POPCNT of {@code a}. */
    static long counted(long a) {
        return a == 0 ? 0 : 1;
    }

    /** The flag word after POPCNT of {@code a}: PF is clear even for 0. */
    static long auxCounted(long a) {
        return a == 0 ? 1 << 8 : 0;
    }

    /** The flag word with CF inverted: CMC. */
    static long complemented(long aux) {
        return Flags.withCarry(aux, !Flags.cf(aux));
    }

    /** The six flags at their places in RFLAGS. */
    static long status(long result, long aux) {
        return Flags.status(result, aux);
    }

    /**
     * The flag word after ROL, ROR, RCL or RCR (0 to 3) of the zero-extended {@code a} by {@code
     * count}, which may be 0.
     */
    static long rotatedBy(int kind, long a, int count, long result, int shift, long aux) {
        if (count == 0) {
            return aux;
        }
        return switch (kind) {
            case 0 -> Shift.auxRol(result, shift, aux);
            case 1 -> Shift.auxRor(result, shift, aux);
            case 2 -> Shift.auxRcl(a, count, result, shift, aux);
            default -> Shift.auxRcr(a, count, result, shift, aux);
        };
    }

    /** ROL, ROR, RCL or RCR (0 to 3) of {@code a} by {@code count}, which may be 0. */
    static long rotate(int kind, long a, int count, int shift, long aux) {
        return switch (kind) {
            case 0 -> Shift.rol(a, count, shift);
            case 1 -> Shift.ror(a, count, shift);
            case 2 -> Shift.rcl(a, count, shift, aux);
            default -> Shift.rcr(a, count, shift, aux);
        };
    }

    /** SHLD (or else SHRD) of the zero-extended {@code a} and {@code b} by {@code count}. */
    static long doubled(int left, long a, long b, int count, int shift) {
        if (count == 0) {
            return a;
        }
        return left != 0 ? Shift.shld(a, b, count, shift) : Shift.shrd(a, b, count, shift);
    }

    /** The flag word after {@link #doubled} gave {@code result}. */
    static long auxDoubled(int left, long a, int count, long result, int shift, long aux) {
        if (count == 0) {
            return aux;
        }
        return left != 0
                ? Shift.auxShld(a, count, result, shift)
                : Shift.auxShrd(a, count, result, shift);
    }
}
