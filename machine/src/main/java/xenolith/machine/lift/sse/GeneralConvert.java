package xenolith.machine.lift.sse;

import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Mxcsr;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Scalar conversions: CVTSI2SD, CVTTSD2SI, CVTSD2SI, CVTSS2SD, CVTSD2SS and kin. */
final class GeneralConvert {
    private GeneralConvert() {}

    static Op lift(Instruction i) {
        boolean single = i.selectingPrefix() == 0xf3;
        if (i.opcode == 0x2a) {
            return new FromGeneral(i, single);
        }
        return single
                ? new SingleToGeneral(i, i.opcode == 0x2c)
                : new DoubleToGeneral(i, i.opcode == 0x2c);
    }

    /** CVTSS2SD ({@code widen}) or CVTSD2SS. */
    static Op scalar(Instruction i, boolean widen) {
        return widen ? new Widen(i) : new Narrow(i);
    }

    /** CVTSI2SS and CVTSI2SD. */
    private static final class FromGeneral extends SseOp {
        private final int to;
        private final int from;
        private final int bytes;
        private final boolean single;

        FromGeneral(Instruction i, boolean single) {
            super(i);
            this.to = 4 * i.reg;
            this.from = i.rm;
            this.bytes = i.rexW() ? 8 : 4;
            this.single = single;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long source = address == null ? cpu.get(from) : cpu.mmu.read(address.of(cpu), bytes);
            long v = bytes == 8 ? source : (int) source;
            if (!single && v == (long) (double) v && Math.abs(v) <= 1L << 53) {
                cpu.xmm[to] = Double.doubleToRawLongBits((double) v);
                return;
            }
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            long bits = (single ? Ieee.SINGLE : Ieee.DOUBLE).fromInteger(v, s);
            raise(cpu, s);
            cpu.xmm[to] = single ? cpu.xmm[to] & 0xffff_ffff_0000_0000L | bits : bits;
        }
    }

    private abstract static class ToGeneral extends XmmOp {
        private final int to;
        private final boolean truncate;
        private final int width;

        ToGeneral(Instruction i, boolean truncate) {
            super(i);
            this.to = i.reg;
            this.truncate = truncate;
            this.width = i.rexW() ? 64 : 32;
        }

        /** Whether {@code v} is plainly in range and its conversion is not worth a report. */
        final boolean fast(Cpu cpu, double v) {
            if (!(Math.abs(v) < 0x1p31)) {
                return false;
            }
            int n = (int) v;
            if (n == v || truncate && inexactIgnored(cpu, v)) {
                cpu.set(to, width == 64 ? n : n & 0xffff_ffffL);
                return true;
            }
            return false;
        }

        private static boolean inexactIgnored(Cpu cpu, double v) {
            return Math.abs(v) >= Float.MIN_NORMAL
                    && Mxcsr.plain(cpu.mxcsr & ~(3 << Mxcsr.RC_SHIFT))
                    && (cpu.mxcsr & Mxcsr.PE) != 0;
        }

        final void exact(Cpu cpu, Ieee format, long bits) {
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            if (truncate) {
                s.rounding = FloatStatus.TRUNCATE;
            }
            long v = format.toInteger(bits, width, s);
            raise(cpu, s);
            cpu.set(to, width == 64 ? v : v & 0xffff_ffffL);
        }
    }

    /** CVTSD2SI and CVTTSD2SI. */
    private static final class DoubleToGeneral extends ToGeneral {
        DoubleToGeneral(Instruction i, boolean truncate) {
            super(i, truncate);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            if (!fast(cpu, Double.longBitsToDouble(bits))) {
                exact(cpu, Ieee.DOUBLE, bits);
            }
        }
    }

    /** CVTSS2SI and CVTTSS2SI. */
    private static final class SingleToGeneral extends ToGeneral {
        SingleToGeneral(Instruction i, boolean truncate) {
            super(i, truncate);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            if (!fast(cpu, Singles.first(bits))) {
                exact(cpu, Ieee.SINGLE, bits);
            }
        }
    }

    /** CVTSS2SD. */
    private static final class Widen extends XmmOp {
        Widen(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float v = Singles.first(bits);
            if (Math.abs(v) >= Float.MIN_NORMAL && Math.abs(v) <= Float.MAX_VALUE) {
                cpu.xmm[reg] = Double.doubleToRawLongBits(v);
                return;
            }
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            long r = Ieee.SINGLE.convert(bits, Ieee.DOUBLE, s);
            raise(cpu, s);
            cpu.xmm[reg] = r;
        }
    }

    /** CVTSD2SS. */
    private static final class Narrow extends XmmOp {
        Narrow(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double v = Double.longBitsToDouble(bits);
            float r = (float) v;
            if (plain(cpu.mxcsr, v, r)) {
                cpu.xmm[reg] = Singles.low(cpu.xmm[reg], r);
                return;
            }
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            long narrow = Ieee.DOUBLE.convert(bits, Ieee.SINGLE, s);
            raise(cpu, s);
            cpu.xmm[reg] = cpu.xmm[reg] & 0xffff_ffff_0000_0000L | narrow;
        }

        private static boolean plain(int mxcsr, double v, float r) {
            return Mxcsr.plain(mxcsr)
                    && Math.abs(r) > Float.MIN_NORMAL
                    && Math.abs(r) <= Float.MAX_VALUE
                    && ((mxcsr & Mxcsr.PE) != 0 || r == v);
        }
    }
}
