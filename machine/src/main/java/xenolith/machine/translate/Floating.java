package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Mxcsr;
import xenolith.machine.alu.simd.Plain;
import xenolith.machine.cpu.Cpu;

/**
 * What translated code calls for SSE arithmetic: the tests whether Java's own arithmetic gave what
 * the processor gives, and what is done where it did not.
 *
 * <p>A number is plain if it is normal or zero. The exact methods say whether the instruction may
 * go on: not if it might raise an exception that is not masked. They then have changed nothing and
 * the interpreter runs it.
 */
final class Floating {
    static final ClassDesc NAME = Names.desc(Floating.class);

    static final MethodTypeDesc MODE = MethodTypeDesc.of(CD_int, Names.CPU);
    static final MethodTypeDesc WITH_ONE = MethodTypeDesc.of(CD_int, CD_int, CD_double);
    static final MethodTypeDesc WITH_THREE =
            MethodTypeDesc.of(CD_int, Names.CPU, CD_int, CD_double, CD_double, CD_double);
    static final MethodTypeDesc IS_DOUBLE = MethodTypeDesc.of(CD_boolean, CD_double);
    static final MethodTypeDesc IS_FLOAT = MethodTypeDesc.of(CD_boolean, CD_float);
    static final MethodTypeDesc TWO_DOUBLES = MethodTypeDesc.of(CD_double, CD_double, CD_double);
    static final MethodTypeDesc TWO_FLOATS = MethodTypeDesc.of(CD_float, CD_float, CD_float);
    static final MethodTypeDesc EXACT =
            MethodTypeDesc.of(CD_boolean, Names.CPU, CD_int, CD_double, CD_double, CD_double);
    static final MethodTypeDesc EXACT_FLOAT =
            MethodTypeDesc.of(CD_boolean, Names.CPU, CD_int, CD_float, CD_float, CD_float);
    static final MethodTypeDesc OUTCOME = MethodTypeDesc.of(CD_double, Names.CPU);
    static final MethodTypeDesc OUTCOME_FLOAT = MethodTypeDesc.of(CD_float, Names.CPU);
    static final MethodTypeDesc COMPARE =
            MethodTypeDesc.of(CD_boolean, Names.CPU, CD_double, CD_double, CD_int);
    static final MethodTypeDesc COMPARE_FLOAT =
            MethodTypeDesc.of(CD_boolean, Names.CPU, CD_float, CD_float, CD_int);
    static final MethodTypeDesc INTEGER =
            MethodTypeDesc.of(CD_boolean, CD_int, CD_double, CD_double, CD_int);
    static final MethodTypeDesc NARROWS =
            MethodTypeDesc.of(CD_boolean, CD_int, CD_double, CD_float);
    static final MethodTypeDesc FROM_INTEGER = MethodTypeDesc.of(CD_boolean, CD_long);

    /** Bits of the mode: MXCSR asks for the exact methods; SSE is not available. */
    static final int CAREFUL = 1;

    static final int UNAVAILABLE = 2;

    /** Likewise: some register is not plain. */
    static final int NOT_PLAIN = 4;

    private static final long CR0_EM_TS = 1 << 2 | 1 << 3;
    private static final long CR4_OSFXSR = 1 << 9;

    private Floating() {}

    /** 0, or {@link #CAREFUL} and {@link #UNAVAILABLE}. */
    static int mode(Cpu cpu) {
        if ((cpu.cr0 & CR0_EM_TS | cpu.cr4 & CR4_OSFXSR) != CR4_OSFXSR) {
            return CAREFUL | UNAVAILABLE;
        }
        return Mxcsr.plain(cpu.mxcsr) && (cpu.mxcsr & Mxcsr.PE) != 0 ? 0 : CAREFUL;
    }

    /** The mode after {@code v} was taken for granted. */
    static int careful(int mode, double v) {
        return plain(v) ? mode : mode | NOT_PLAIN;
    }

    /** The mode after an exact method, which may have changed MXCSR. */
    static int careful(Cpu cpu, int mode, double a, double b, double r) {
        int old = plain(a) && plain(b) && plain(r) ? mode & NOT_PLAIN : NOT_PLAIN;
        return old | mode(cpu);
    }

    // ---- tests: small enough to be inlined everywhere ----------------------------------------

    /** Whether {@code v} is normal or zero: neither the lowest exponent nor the highest. */
    static boolean plain(double v) {
        long up = Double.doubleToRawLongBits(v) << 1;
        return Long.compareUnsigned(up - (1L << 53), -1L << 54) < 0 || v == 0;
    }

    /** Whether {@code v} is normal and not among the smallest, which may be tiny but rounded up. */
    static boolean normal(double v) {
        long up = Double.doubleToRawLongBits(v) << 1;
        return Long.compareUnsigned(up - (2L << 53), -3L << 53) < 0;
    }

    static boolean plain(float v) {
        return (Float.floatToRawIntBits(v) + 0x80_0000 & 0x7fff_ffff) >= 0x100_0000 || v == 0;
    }

    static boolean normal(float v) {
        return (Float.floatToRawIntBits(v) + 0x80_0000 & 0x7fff_ffff) >= 0x180_0000;
    }

    static double minimum(double a, double b) {
        return a < b ? a : b;
    }

    static double maximum(double a, double b) {
        return a > b ? a : b;
    }

    static float minimum(float a, float b) {
        return a < b ? a : b;
    }

    static float maximum(float a, float b) {
        return a > b ? a : b;
    }

    static float root(float v) {
        return (float) Math.sqrt(v);
    }

    // ---- exact -------------------------------------------------------------------------------

    /** What the last exact method computed. */
    static double outcome(Cpu cpu) {
        return Double.longBitsToDouble(cpu.xmm[Cpu.XMM_OPERAND]);
    }

    static float outcomeFloat(Cpu cpu) {
        return Float.intBitsToFloat((int) cpu.xmm[Cpu.XMM_OPERAND]);
    }

    /** Opcode 0F {@code op} of doubles, for which Java says {@code r}. */
    static boolean exact(Cpu cpu, int op, double a, double b, double r) {
        boolean right =
                switch (op) {
                    case 0x51 -> Plain.root(b, r, cpu.mxcsr);
                    case 0x58 -> Plain.sum(a, b, r, cpu.mxcsr);
                    case 0x59 -> Plain.product(a, b, r, cpu.mxcsr);
                    case 0x5c -> Plain.sum(a, -b, r, cpu.mxcsr);
                    case 0x5e -> Plain.quotient(a, b, r, cpu.mxcsr);
                    default -> plain(a) && plain(b);
                };
        if (right) {
            cpu.xmm[Cpu.XMM_OPERAND] = Double.doubleToRawLongBits(r);
            return true;
        }
        long first = Double.doubleToRawLongBits(a);
        long second = Double.doubleToRawLongBits(b);
        FloatStatus s = new FloatStatus(cpu.mxcsr);
        long bits = compute(Ieee.DOUBLE, op, first, second, s);
        return finish(cpu, s, bits);
    }

    /** As {@link #exact} with floats. */
    static boolean exact(Cpu cpu, int op, float a, float b, float r) {
        boolean right =
                switch (op) {
                    case 0x51 -> Plain.root(b, r, cpu.mxcsr);
                    case 0x58 -> Plain.sum(a, b, r, cpu.mxcsr);
                    case 0x59 -> Plain.product(a, b, r, cpu.mxcsr);
                    case 0x5c -> Plain.sum(a, -b, r, cpu.mxcsr);
                    case 0x5e -> Plain.quotient(a, b, r, cpu.mxcsr);
                    default -> false;
                };
        if (right) {
            cpu.xmm[Cpu.XMM_OPERAND] = Float.floatToRawIntBits(r);
            return true;
        }
        long first = Float.floatToRawIntBits(a) & 0xffff_ffffL;
        long second = Float.floatToRawIntBits(b) & 0xffff_ffffL;
        FloatStatus s = new FloatStatus(cpu.mxcsr);
        return finish(cpu, s, compute(Ieee.SINGLE, op, first, second, s));
    }

    private static long compute(Ieee format, int op, long a, long b, FloatStatus s) {
        return switch (op) {
            case 0x51 -> format.sqrt(a, b, s);
            case 0x58 -> format.add(a, b, s);
            case 0x59 -> format.mul(a, b, s);
            case 0x5c -> format.sub(a, b, s);
            case 0x5d -> format.min(a, b, s);
            case 0x5e -> format.div(a, b, s);
            default -> format.max(a, b, s);
        };
    }

    /** Where all is masked, another part of the instruction cannot take the flags back. */
    private static boolean finish(Cpu cpu, FloatStatus s, long bits) {
        int masks = Mxcsr.FLAGS << Mxcsr.MASK_SHIFT;
        if ((cpu.mxcsr & masks) != masks) {
            return false;
        }
        cpu.mxcsr |= s.sticky();
        cpu.xmm[Cpu.XMM_OPERAND] = bits;
        return true;
    }

    /**
     * COMISD ({@code signalQuiet} 1) or UCOMISD of operands that are not plain: the outcome is that
     * of Java.
     */
    static boolean compare(Cpu cpu, double a, double b, int signalQuiet) {
        if (plain(a) && plain(b)) {
            return true;
        }
        long first = Double.doubleToRawLongBits(a);
        long second = Double.doubleToRawLongBits(b);
        return compare(cpu, Ieee.DOUBLE, first, second, signalQuiet != 0);
    }

    static boolean compare(Cpu cpu, float a, float b, int signalQuiet) {
        long first = Float.floatToRawIntBits(a) & 0xffff_ffffL;
        long second = Float.floatToRawIntBits(b) & 0xffff_ffffL;
        return compare(cpu, Ieee.SINGLE, first, second, signalQuiet != 0);
    }

    private static boolean compare(Cpu cpu, Ieee format, long a, long b, boolean signalQuiet) {
        if ((cpu.mxcsr & Mxcsr.DAZ) != 0) {
            return false;
        }
        FloatStatus s = new FloatStatus(cpu.mxcsr);
        format.compare(a, b, signalQuiet, s);
        return finish(cpu, s, 0);
    }

    /**
     * Whether {@code v} becomes an integer of {@code size} (4 or 8) bytes by a cast of what it was
     * rounded to, without an exception that would be news in mode {@code mode}.
     */
    static boolean integer(int mode, double v, double rounded, int size) {
        double limit = size == 4 ? 0x1p31 : 0x1p63;
        return Math.abs(rounded) < limit
                && (mode == 0 ? Math.abs(v) >= Float.MIN_NORMAL || v == 0 : (long) v == v);
    }

    /** Whether {@code r} is {@code v} as a float without an exception that would be news. */
    static boolean narrows(int mode, double v, float r) {
        return mode == 0 ? plain(v) && (normal(r) || v == 0) : normal(r) && r == v;
    }

    /** Two floats as a half of a register. */
    static long pair(float first, float second) {
        return Float.floatToRawIntBits(first) & 0xffff_ffffL
                | (long) Float.floatToRawIntBits(second) << 32;
    }

    /** Whether {@code v} is a double. */
    static boolean exactDouble(long v) {
        return Math.abs(v) <= 1L << 53;
    }

    /** Whether {@code v} is a float. */
    static boolean exactFloat(long v) {
        return Math.abs(v) <= 1 << 24;
    }
}
