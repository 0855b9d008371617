package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Conversions between XMM and MMX registers: CVTPI2PS, CVTPI2PD, CVTPS2PI, CVTPD2PI and kin. */
final class MmxConvert {
    private MmxConvert() {}

    static @Nullable Op lift(Instruction i) {
        boolean doubles = i.selectingPrefix() == 0x66;
        return i.opcode == 0x2a ? new FromMmx(i, doubles) : new ToMmx(i, doubles, i.opcode == 0x2c);
    }

    private static final class FromMmx extends XmmOp {
        private final int mm;
        private final boolean doubles;

        FromMmx(Instruction i, boolean doubles) {
            super(i);
            this.mm = i.rm & 7;
            this.doubles = doubles;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            // A memory source does not enter MMX state (seen on AMD; SDM volume 2 says so of
            // CVTPI2PD only).
            long v;
            if (address == null) {
                checkMmx(cpu);
                enterMmx(cpu);
                v = cpu.fpu.significand[mm];
            } else {
                v = cpu.mmu.read64(address.of(cpu));
            }
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            if (doubles) {
                cpu.xmm[reg] = Ieee.DOUBLE.fromDoubleword(v, s);
                cpu.xmm[reg + 1] = Ieee.DOUBLE.fromDoubleword(v >>> 32, s);
            } else {
                long singles = FloatConvert.integersToSingles(v, s);
                raise(cpu, s);
                cpu.xmm[reg] = singles;
            }
        }
    }

    private static final class ToMmx extends XmmOp {
        private final int mm;
        private final boolean doubles;
        private final boolean truncate;

        ToMmx(Instruction i, boolean doubles, boolean truncate) {
            super(i);
            this.mm = i.reg & 7;
            this.doubles = doubles;
            this.truncate = truncate;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            checkMmx(cpu);
            int index = source(cpu, doubles ? 16 : 8);
            long[] x = cpu.xmm;
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            if (truncate) {
                s.rounding = FloatStatus.TRUNCATE;
            }
            long v =
                    doubles
                            ? FloatConvert.doublesToIntegers(x[index], x[index + 1], s)
                            : FloatConvert.singlesToIntegers(x[index], s);
            // MMX state is entered even if #XM is raised.
            enterMmx(cpu);
            raise(cpu, s);
            putMmx(cpu, mm, v);
        }
    }
}
