package xenolith.machine.lift.sse;

import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.alu.simd.Plain;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** ADDPS, SUBPS, MULPS, DIVPS and SQRTPS. */
final class PackedSingle {
    private PackedSingle() {}

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
            super(i, Ieee.SINGLE, true, Ieee::add);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long aLow = x[reg];
            long aHigh = x[reg + 1];
            long bLow = x[s];
            long bHigh = x[s + 1];
            float r0 = Singles.first(aLow) + Singles.first(bLow);
            float r1 = Singles.second(aLow) + Singles.second(bLow);
            float r2 = Singles.first(aHigh) + Singles.first(bHigh);
            float r3 = Singles.second(aHigh) + Singles.second(bHigh);
            if (plain(aLow, bLow, r0, r1, cpu.mxcsr) && plain(aHigh, bHigh, r2, r3, cpu.mxcsr)) {
                x[reg] = Singles.pair(r0, r1);
                x[reg + 1] = Singles.pair(r2, r3);
            } else {
                exact(cpu, s);
            }
        }

        private static boolean plain(long a, long b, float first, float second, int mxcsr) {
            return Plain.sum(Singles.first(a), Singles.first(b), first, mxcsr)
                    && Plain.sum(Singles.second(a), Singles.second(b), second, mxcsr);
        }
    }

    private static final class Mul extends FloatBinary {
        Mul(Instruction i) {
            super(i, Ieee.SINGLE, true, Ieee::mul);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long aLow = x[reg];
            long aHigh = x[reg + 1];
            long bLow = x[s];
            long bHigh = x[s + 1];
            float r0 = Singles.first(aLow) * Singles.first(bLow);
            float r1 = Singles.second(aLow) * Singles.second(bLow);
            float r2 = Singles.first(aHigh) * Singles.first(bHigh);
            float r3 = Singles.second(aHigh) * Singles.second(bHigh);
            if (plain(aLow, bLow, r0, r1, cpu.mxcsr) && plain(aHigh, bHigh, r2, r3, cpu.mxcsr)) {
                x[reg] = Singles.pair(r0, r1);
                x[reg + 1] = Singles.pair(r2, r3);
            } else {
                exact(cpu, s);
            }
        }

        private static boolean plain(long a, long b, float first, float second, int mxcsr) {
            return Plain.product(Singles.first(a), Singles.first(b), first, mxcsr)
                    && Plain.product(Singles.second(a), Singles.second(b), second, mxcsr);
        }
    }

    private static final class Sub extends FloatBinary {
        Sub(Instruction i) {
            super(i, Ieee.SINGLE, true, Ieee::sub);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long aLow = x[reg];
            long aHigh = x[reg + 1];
            long bLow = x[s];
            long bHigh = x[s + 1];
            float r0 = Singles.first(aLow) - Singles.first(bLow);
            float r1 = Singles.second(aLow) - Singles.second(bLow);
            float r2 = Singles.first(aHigh) - Singles.first(bHigh);
            float r3 = Singles.second(aHigh) - Singles.second(bHigh);
            if (plain(aLow, bLow, r0, r1, cpu.mxcsr) && plain(aHigh, bHigh, r2, r3, cpu.mxcsr)) {
                x[reg] = Singles.pair(r0, r1);
                x[reg + 1] = Singles.pair(r2, r3);
            } else {
                exact(cpu, s);
            }
        }

        private static boolean plain(long a, long b, float first, float second, int mxcsr) {
            return Plain.sum(Singles.first(a), -Singles.first(b), first, mxcsr)
                    && Plain.sum(Singles.second(a), -Singles.second(b), second, mxcsr);
        }
    }

    private static final class Div extends FloatBinary {
        Div(Instruction i) {
            super(i, Ieee.SINGLE, true, Ieee::div);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long aLow = x[reg];
            long aHigh = x[reg + 1];
            long bLow = x[s];
            long bHigh = x[s + 1];
            float r0 = Singles.first(aLow) / Singles.first(bLow);
            float r1 = Singles.second(aLow) / Singles.second(bLow);
            float r2 = Singles.first(aHigh) / Singles.first(bHigh);
            float r3 = Singles.second(aHigh) / Singles.second(bHigh);
            if (plain(aLow, bLow, r0, r1, cpu.mxcsr) && plain(aHigh, bHigh, r2, r3, cpu.mxcsr)) {
                x[reg] = Singles.pair(r0, r1);
                x[reg + 1] = Singles.pair(r2, r3);
            } else {
                exact(cpu, s);
            }
        }

        private static boolean plain(long a, long b, float first, float second, int mxcsr) {
            return Plain.quotient(Singles.first(a), Singles.first(b), first, mxcsr)
                    && Plain.quotient(Singles.second(a), Singles.second(b), second, mxcsr);
        }
    }

    private static final class Sqrt extends FloatBinary {
        Sqrt(Instruction i) {
            super(i, Ieee.SINGLE, true, Ieee::sqrt);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            float a0 = Singles.first(x[s]);
            float a1 = Singles.second(x[s]);
            float a2 = Singles.first(x[s + 1]);
            float a3 = Singles.second(x[s + 1]);
            float r0 = (float) Math.sqrt(a0);
            float r1 = (float) Math.sqrt(a1);
            float r2 = (float) Math.sqrt(a2);
            float r3 = (float) Math.sqrt(a3);
            int m = cpu.mxcsr;
            if (Plain.root(a0, r0, m)
                    && Plain.root(a1, r1, m)
                    && Plain.root(a2, r2, m)
                    && Plain.root(a3, r3, m)) {
                x[reg] = Singles.pair(r0, r1);
                x[reg + 1] = Singles.pair(r2, r3);
            } else {
                exact(cpu, s);
            }
        }
    }
}
