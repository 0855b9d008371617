package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Plain;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** COMISS, COMISD, UCOMISS and UCOMISD. */
final class FloatCompare {
    private static final int CF = 1;
    private static final int PF = 1 << 2;
    private static final int ZF = 1 << 6;

    private FloatCompare() {}

    static @Nullable Op lift(Instruction i) {
        boolean signalQuiet = i.opcode == 0x2f;
        return switch (i.selectingPrefix()) {
            case 0 -> new CompareSingle(i, signalQuiet);
            case 0x66 -> new CompareDouble(i, signalQuiet);
            default -> null;
        };
    }

    private abstract static class Compare extends XmmOp {
        private final boolean signalQuiet;

        Compare(Instruction i, boolean signalQuiet) {
            super(i);
            this.signalQuiet = signalQuiet;
        }

        final void exact(Cpu cpu, Ieee format, long a, long b) {
            FloatStatus s = new FloatStatus(cpu.mxcsr);
            int outcome = format.compare(a, b, signalQuiet, s);
            raise(cpu, s);
            cpu.setStatusFlags(
                    switch (outcome) {
                        case Ieee.LESS -> CF;
                        case Ieee.EQUAL -> ZF;
                        case Ieee.GREATER -> 0;
                        default -> ZF | PF | CF;
                    });
        }
    }

    private static final class CompareSingle extends Compare {
        CompareSingle(Instruction i, boolean signalQuiet) {
            super(i, signalQuiet);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float a = Singles.first(cpu.xmm[reg]);
            float b = Singles.first(bits);
            if (Plain.comparable(a, b)) {
                cpu.setStatusFlags(a < b ? CF : a == b ? ZF : 0);
            } else {
                exact(cpu, Ieee.SINGLE, cpu.xmm[reg] & 0xffff_ffffL, bits);
            }
        }
    }

    private static final class CompareDouble extends Compare {
        CompareDouble(Instruction i, boolean signalQuiet) {
            super(i, signalQuiet);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double a = Double.longBitsToDouble(cpu.xmm[reg]);
            double b = Double.longBitsToDouble(bits);
            if (Plain.comparable(a, b)) {
                cpu.setStatusFlags(a < b ? CF : a == b ? ZF : 0);
            } else {
                exact(cpu, Ieee.DOUBLE, cpu.xmm[reg], bits);
            }
        }
    }
}
