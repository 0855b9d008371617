package xenolith.machine.translate;

import xenolith.machine.alu.Flags;
import xenolith.machine.alu.Shift;
import xenolith.machine.cpu.Cpu;

/**
 * Flags that are not computed before somebody asks: the kind of the last operation that wrote them
 * and two values, its operands {@code a} and {@code b}, from which {@link #result} and {@link #aux}
 * make the two flag words of {@link Flags}.
 *
 * <p>A kind is one of the constants here plus {@code shift << 8}, with {@code shift} 64 less the
 * operand's width in bits.
 */
final class LazyFlags {
    /** {@code a} is the second flag word, {@code b} the first. */
    static final int WORD = 0;

    static final int ADD = 1;

    /** ADD with a carry, which the operands do not tell: only for {@link FlagState#set}. */
    static final int ADC = 2;

    /** SUB, CMP and NEG. */
    static final int SUB = 3;

    /** SUB with a borrow: only for {@link FlagState#set}. */
    static final int SBB = 4;

    /** AND, OR, XOR and TEST: {@code b} is the result, and {@code a} does not count. */
    static final int LOGIC = 5;

    /** SHL, SHR and SAR of {@code a} by {@code b}. */
    static final int SHL = 6;

    static final int SHR = 7;
    static final int SAR = 8;

    /** INC and DEC of {@code a}; {@code b} is the second flag word before. */
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
        int kind = cpu.flagKind;
        if (kind != WORD) {
            long a = cpu.flagAux;
            long b = cpu.flagResult;
            cpu.flagAux = aux(kind, a, b);
            cpu.flagResult = result(kind, a, b);
            cpu.flagKind = WORD;
        }
    }

    /** The second flag word. */
    static long aux(int kind, long a, long b) {
        int shift = kind >>> 8;
        return switch (kind & 0xff) {
            case WORD -> a;
            case ADD -> Flags.auxAdd(a, b, a + b, shift);
            case SUB -> Flags.auxSub(a, b, a - b, shift);
            case LOGIC -> 0;
            default -> rareAux(kind & 0xff, a, b, shift);
        };
    }

    private static long rareAux(int kind, long a, long b, int shift) {
        return switch (kind) {
            case SHL -> Shift.auxShl(a, (int) b, shift);
            case SHR -> Shift.auxShr(a, (int) b, shift);
            case SAR -> Shift.auxSar(a, (int) b, shift);
            case INC -> Flags.auxInc(a, a + 1, shift, b);
            case DEC -> Flags.auxDec(a, a - 1, shift, b);
            default -> auxFloat(Double.longBitsToDouble(a), Double.longBitsToDouble(b));
        };
    }

    /** CF if less or unordered; PF, which an even result has, only if unordered. */
    private static long auxFloat(double a, double b) {
        if (a > b) {
            return 0;
        }
        return a == b ? 1 << 8 : Flags.aux(true, false);
    }

    /** The first flag word. */
    static long result(int kind, long a, long b) {
        int shift = kind >>> 8;
        return switch (kind & 0xff) {
            case WORD, LOGIC -> b;
            case ADD -> a + b << shift >> shift;
            case SUB -> a - b << shift >> shift;
            default -> rareResult(kind & 0xff, a, b, shift);
        };
    }

    private static long rareResult(int kind, long a, long b, int shift) {
        return switch (kind) {
            case SHL -> Shift.shl(a, (int) b, shift);
            case SHR -> Shift.shr(a, (int) b, shift) << shift >> shift;
            case SAR -> Shift.sar(a, (int) b, shift);
            case INC -> a + 1 << shift >> shift;
            case DEC -> a - 1 << shift >> shift;
            default -> {
                double x = Double.longBitsToDouble(a);
                double y = Double.longBitsToDouble(b);
                yield x < y || x > y ? 1 : 0;
            }
        };
    }

    /** Whether condition {@code cc} (0 to 15) holds. */
    static boolean holds(int cc, int kind, long a, long b) {
        return Flags.condition(cc, result(kind, a, b), aux(kind, a, b));
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
