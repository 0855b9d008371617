package xenolith.machine.lift.sse;

import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Plain;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** ADDSD, SUBSD, MULSD, DIVSD and SQRTSD. */
final class ScalarDouble {
    private ScalarDouble() {}

    static Op lift(Instruction i) {
        return switch (i.opcode) {
            case 0x51 -> new Sqrt(i);
            case 0x58 -> new Add(i);
            case 0x59 -> new Mul(i);
            case 0x5c -> new Sub(i);
            default -> new Div(i);
        };
    }

    private static final class Add extends FloatBinary {
        Add(Instruction i) {
            super(i, Ieee.DOUBLE, false, Ieee::add);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double a = Double.longBitsToDouble(cpu.xmm[reg]);
            double b = Double.longBitsToDouble(bits);
            double r = a + b;
            if (Plain.sum(a, b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Double.doubleToRawLongBits(r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Mul extends FloatBinary {
        Mul(Instruction i) {
            super(i, Ieee.DOUBLE, false, Ieee::mul);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double a = Double.longBitsToDouble(cpu.xmm[reg]);
            double b = Double.longBitsToDouble(bits);
            double r = a * b;
            if (Plain.product(a, b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Double.doubleToRawLongBits(r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Sub extends FloatBinary {
        Sub(Instruction i) {
            super(i, Ieee.DOUBLE, false, Ieee::sub);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double a = Double.longBitsToDouble(cpu.xmm[reg]);
            double b = Double.longBitsToDouble(bits);
            double r = a - b;
            if (Plain.sum(a, -b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Double.doubleToRawLongBits(r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Div extends FloatBinary {
        Div(Instruction i) {
            super(i, Ieee.DOUBLE, false, Ieee::div);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double a = Double.longBitsToDouble(cpu.xmm[reg]);
            double b = Double.longBitsToDouble(bits);
            double r = a / b;
            if (Plain.quotient(a, b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Double.doubleToRawLongBits(r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Sqrt extends FloatBinary {
        Sqrt(Instruction i) {
            super(i, Ieee.DOUBLE, false, Ieee::sqrt);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source64(cpu);
            double a = Double.longBitsToDouble(bits);
            double r = Math.sqrt(a);
            if (Plain.root(a, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Double.doubleToRawLongBits(r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }
}
