package xenolith.machine.lift.sse;

import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Plain;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** ADDPD, SUBPD, MULPD, DIVPD and SQRTPD. */
final class PackedDouble {
    private PackedDouble() {}

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
            super(i, Ieee.DOUBLE, true, Ieee::add);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            double a = Double.longBitsToDouble(x[reg]);
            double c = Double.longBitsToDouble(x[reg + 1]);
            double b = Double.longBitsToDouble(x[s]);
            double d = Double.longBitsToDouble(x[s + 1]);
            double low = a + b;
            double high = c + d;
            if (Plain.sum(a, b, low, cpu.mxcsr) && Plain.sum(c, d, high, cpu.mxcsr)) {
                x[reg] = Double.doubleToRawLongBits(low);
                x[reg + 1] = Double.doubleToRawLongBits(high);
            } else {
                exact(cpu, s);
            }
        }
    }

    private static final class Mul extends FloatBinary {
        Mul(Instruction i) {
            super(i, Ieee.DOUBLE, true, Ieee::mul);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            double a = Double.longBitsToDouble(x[reg]);
            double c = Double.longBitsToDouble(x[reg + 1]);
            double b = Double.longBitsToDouble(x[s]);
            double d = Double.longBitsToDouble(x[s + 1]);
            double low = a * b;
            double high = c * d;
            if (Plain.product(a, b, low, cpu.mxcsr) && Plain.product(c, d, high, cpu.mxcsr)) {
                x[reg] = Double.doubleToRawLongBits(low);
                x[reg + 1] = Double.doubleToRawLongBits(high);
            } else {
                exact(cpu, s);
            }
        }
    }

    private static final class Sub extends FloatBinary {
        Sub(Instruction i) {
            super(i, Ieee.DOUBLE, true, Ieee::sub);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            double a = Double.longBitsToDouble(x[reg]);
            double c = Double.longBitsToDouble(x[reg + 1]);
            double b = Double.longBitsToDouble(x[s]);
            double d = Double.longBitsToDouble(x[s + 1]);
            double low = a - b;
            double high = c - d;
            if (Plain.sum(a, -b, low, cpu.mxcsr) && Plain.sum(c, -d, high, cpu.mxcsr)) {
                x[reg] = Double.doubleToRawLongBits(low);
                x[reg + 1] = Double.doubleToRawLongBits(high);
            } else {
                exact(cpu, s);
            }
        }
    }

    private static final class Div extends FloatBinary {
        Div(Instruction i) {
            super(i, Ieee.DOUBLE, true, Ieee::div);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            double a = Double.longBitsToDouble(x[reg]);
            double c = Double.longBitsToDouble(x[reg + 1]);
            double b = Double.longBitsToDouble(x[s]);
            double d = Double.longBitsToDouble(x[s + 1]);
            double low = a / b;
            double high = c / d;
            if (Plain.quotient(a, b, low, cpu.mxcsr) && Plain.quotient(c, d, high, cpu.mxcsr)) {
                x[reg] = Double.doubleToRawLongBits(low);
                x[reg + 1] = Double.doubleToRawLongBits(high);
            } else {
                exact(cpu, s);
            }
        }
    }

    private static final class Sqrt extends FloatBinary {
        Sqrt(Instruction i) {
            super(i, Ieee.DOUBLE, true, Ieee::sqrt);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            double a = Double.longBitsToDouble(x[s]);
            double c = Double.longBitsToDouble(x[s + 1]);
            double low = Math.sqrt(a);
            double high = Math.sqrt(c);
            if (Plain.root(a, low, cpu.mxcsr) && Plain.root(c, high, cpu.mxcsr)) {
                x[reg] = Double.doubleToRawLongBits(low);
                x[reg + 1] = Double.doubleToRawLongBits(high);
            } else {
                exact(cpu, s);
            }
        }
    }
}
