package xenolith.machine.lift.sse;

import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Plain;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** ADDSS, SUBSS, MULSS, DIVSS and SQRTSS. */
final class ScalarSingle {
    private ScalarSingle() {}

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
            super(i, Ieee.SINGLE, false, Ieee::add);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float a = Float.intBitsToFloat((int) cpu.xmm[reg]);
            float b = Float.intBitsToFloat((int) bits);
            float r = a + b;
            if (Plain.sum(a, b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Singles.low(cpu.xmm[reg], r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Mul extends FloatBinary {
        Mul(Instruction i) {
            super(i, Ieee.SINGLE, false, Ieee::mul);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float a = Float.intBitsToFloat((int) cpu.xmm[reg]);
            float b = Float.intBitsToFloat((int) bits);
            float r = a * b;
            if (Plain.product(a, b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Singles.low(cpu.xmm[reg], r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Sub extends FloatBinary {
        Sub(Instruction i) {
            super(i, Ieee.SINGLE, false, Ieee::sub);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float a = Float.intBitsToFloat((int) cpu.xmm[reg]);
            float b = Float.intBitsToFloat((int) bits);
            float r = a - b;
            if (Plain.sum(a, -b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Singles.low(cpu.xmm[reg], r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Div extends FloatBinary {
        Div(Instruction i) {
            super(i, Ieee.SINGLE, false, Ieee::div);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float a = Float.intBitsToFloat((int) cpu.xmm[reg]);
            float b = Float.intBitsToFloat((int) bits);
            float r = a / b;
            if (Plain.quotient(a, b, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Singles.low(cpu.xmm[reg], r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }

    private static final class Sqrt extends FloatBinary {
        Sqrt(Instruction i) {
            super(i, Ieee.SINGLE, false, Ieee::sqrt);
        }

        @Override
        public void execute(Cpu cpu) {
            long bits = source32(cpu);
            float a = Float.intBitsToFloat((int) bits);
            float r = (float) Math.sqrt(a);
            if (Plain.root(a, r, cpu.mxcsr)) {
                cpu.xmm[reg] = Singles.low(cpu.xmm[reg], r);
            } else {
                exactScalar(cpu, bits);
            }
        }
    }
}
