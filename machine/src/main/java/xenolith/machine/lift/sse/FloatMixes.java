package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Approximation;
import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** HADD, HSUB, ADDSUB, DPPS, DPPD, ROUND, RCP and RSQRT: floating point by halves. */
final class FloatMixes {
    private static final long LOW32 = 0xffff_ffffL;
    private static final Ieee S = Ieee.SINGLE;
    private static final Ieee D = Ieee.DOUBLE;

    private FloatMixes() {}

    /** One half of the result from both halves of both operands. */
    @FunctionalInterface
    interface Mix {
        long of(long aLow, long aHigh, long bLow, long bHigh, FloatStatus status);
    }

    /** The two singles of a half from those of two others. */
    static long singles(
            FloatBinary.Lane first, FloatBinary.Lane second, long a, long b, FloatStatus s) {
        return first.of(S, a & LOW32, b & LOW32, s) | second.of(S, a >>> 32, b >>> 32, s) << 32;
    }

    static @Nullable Op lift0f(Instruction i) {
        int prefix = i.selectingPrefix();
        if (prefix != 0x66 && prefix != 0xf2) {
            return null;
        }
        if (i.opcode == 0xd0) {
            return prefix == 0x66
                    ? new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> D.sub(a, b, s),
                            (a, c, b, d, s) -> D.add(c, d, s))
                    : new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> singles(Ieee::sub, Ieee::add, a, b, s),
                            (a, c, b, d, s) -> singles(Ieee::sub, Ieee::add, c, d, s));
        }
        FloatBinary.Lane f = i.opcode == 0x7c ? Ieee::add : Ieee::sub;
        return prefix == 0x66
                ? new MixOp(
                        i,
                        16,
                        (a, c, b, d, s) -> f.of(D, a, c, s),
                        (a, c, b, d, s) -> f.of(D, b, d, s))
                : new MixOp(
                        i,
                        16,
                        (a, c, b, d, s) -> neighbours(f, a, c, s),
                        (a, c, b, d, s) -> neighbours(f, b, d, s));
    }

    private static long neighbours(FloatBinary.Lane f, long low, long high, FloatStatus s) {
        return f.of(S, low & LOW32, low >>> 32, s) | f.of(S, high & LOW32, high >>> 32, s) << 32;
    }

    static @Nullable Op lift3a(Instruction i) {
        int imm = (int) i.immediate & 0xff;
        FloatBinary.Lane round = (f, a, b, s) -> round(f, b, imm, s);
        return switch (i.opcode) {
            case 0x08 -> new FloatBinary(i, S, true, round);
            case 0x09 -> new FloatBinary(i, D, true, round);
            case 0x0a -> new FloatBinary(i, S, false, round);
            case 0x0b -> new FloatBinary(i, D, false, round);
            case 0x40 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> dotSingles(a, c, b, d, imm, false, s),
                            (a, c, b, d, s) -> dotSingles(a, c, b, d, imm, true, s));
            case 0x41 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> dotDouble(a, c, b, d, imm, false, s),
                            (a, c, b, d, s) -> dotDouble(a, c, b, d, imm, true, s));
            default -> null;
        };
    }

    /** ROUND: bits 0 and 1 the mode, bit 2 MXCSR's mode instead, bit 3 no inexact exception. */
    private static long round(Ieee format, long v, int imm, FloatStatus s) {
        int mode = s.rounding;
        int before = s.flags;
        if ((imm & 4) == 0) {
            s.rounding = imm & 3;
        }
        long r = format.roundToIntegral(v, s);
        s.rounding = mode;
        if ((imm & 8) != 0) {
            s.flags = before | s.flags & ~xenolith.machine.alu.simd.Mxcsr.PE;
        }
        return r;
    }

    /**
     * Two lanes of DPPS. All lanes are the same sum, but each begins with its own neighbour, which
     * shows in the NaN that is left of several: so Intel's processors do it (measured; the manual
     * leaves it open, and AMD's have one order for all lanes).
     */
    private static long dotSingles(
            long aLow, long aHigh, long bLow, long bHigh, int imm, boolean upper, FloatStatus s) {
        long p0 = (imm & 0x10) != 0 ? S.mul(aLow & LOW32, bLow & LOW32, s) : 0;
        long p1 = (imm & 0x20) != 0 ? S.mul(aLow >>> 32, bLow >>> 32, s) : 0;
        long p2 = (imm & 0x40) != 0 ? S.mul(aHigh & LOW32, bHigh & LOW32, s) : 0;
        long p3 = (imm & 0x80) != 0 ? S.mul(aHigh >>> 32, bHigh >>> 32, s) : 0;
        if (!s.nextStage()) {
            return 0;
        }
        long low10 = S.add(p1, p0, s);
        long low01 = S.add(p0, p1, s);
        long high32 = S.add(p3, p2, s);
        long high23 = S.add(p2, p3, s);
        if (!s.nextStage()) {
            return 0;
        }
        int lanes = upper ? imm >>> 2 : imm;
        long even = upper ? S.add(high32, low10, s) : S.add(low10, high32, s);
        long odd = upper ? S.add(high23, low01, s) : S.add(low01, high23, s);
        return ((lanes & 1) != 0 ? even : 0) | ((lanes & 2) != 0 ? odd << 32 : 0);
    }

    /** A lane of DPPD, which begins with its own product. */
    private static long dotDouble(
            long aLow, long aHigh, long bLow, long bHigh, int imm, boolean upper, FloatStatus s) {
        long p0 = (imm & 0x10) != 0 ? D.mul(aLow, bLow, s) : 0;
        long p1 = (imm & 0x20) != 0 ? D.mul(aHigh, bHigh, s) : 0;
        if (!s.nextStage()) {
            return 0;
        }
        long sum = upper ? D.add(p1, p0, s) : D.add(p0, p1, s);
        return (upper ? imm & 2 : imm & 1) != 0 ? sum : 0;
    }

    /** RSQRT (opcode 52) and RCP. */
    static Op approximation(Instruction i, boolean packed) {
        FloatBinary.Lane f =
                i.opcode == 0x52
                        ? (format, a, b, s) -> Approximation.reciprocalRoot(b)
                        : (format, a, b, s) -> Approximation.reciprocal(b);
        return new FloatBinary(i, S, packed, f);
    }

    /** An operation by halves that may raise exceptions. */
    static final class MixOp extends XmmOp {
        private final int bytes;
        private final Mix low;
        private final Mix high;

        MixOp(Instruction i, int bytes, Mix low, Mix high) {
            super(i);
            this.bytes = bytes;
            this.low = low;
            this.high = high;
        }

        @Override
        public void execute(Cpu cpu) {
            int index = source(cpu, bytes);
            long[] x = cpu.xmm;
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            long newLow = low.of(x[reg], x[reg + 1], x[index], x[index + 1], s);
            long newHigh = high.of(x[reg], x[reg + 1], x[index], x[index + 1], s);
            raise(cpu, s);
            x[reg] = newLow;
            x[reg + 1] = newHigh;
        }
    }
}
