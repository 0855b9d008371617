package xenolith.machine.lift.integer;

import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Jcc in 64-bit mode: 70 to 7F and 0F 80 to 8F, a class a condition. */
final class ConditionalJump {
    private ConditionalJump() {}

    static Op of(Instruction i) {
        return switch (i.opcode & 15) {
            case 0 -> new Overflow(i);
            case 1 -> new NotOverflow(i);
            case 2 -> new Below(i);
            case 3 -> new AboveOrEqual(i);
            case 4 -> new Equal(i);
            case 5 -> new NotEqual(i);
            case 6 -> new BelowOrEqual(i);
            case 7 -> new Above(i);
            case 8 -> new Sign(i);
            case 9 -> new NotSign(i);
            case 10 -> new Parity(i);
            case 11 -> new NotParity(i);
            case 12 -> new Less(i);
            case 13 -> new GreaterOrEqual(i);
            case 14 -> new LessOrEqual(i);
            default -> new Greater(i);
        };
    }

    /** SF differs from OF; the sign of the full difference. */
    private static boolean less(Cpu cpu) {
        long aux = cpu.flagAux;
        return (cpu.flagResult ^ aux << 63 ^ aux ^ aux << 1) < 0;
    }

    private abstract static class Form extends Op {
        private final int taken;
        private final int next;

        Form(Instruction i) {
            this.next = i.nextOffset();
            this.taken = next + (int) i.immediate;
        }

        @Override
        public final boolean endsBlock() {
            return true;
        }

        final void jump(Cpu cpu, boolean condition) {
            long target = cpu.block + (condition ? taken : next);
            if (target << 16 >> 16 != target) {
                throw Branch.outside(cpu);
            }
            cpu.rip = target;
        }
    }

    /** JO. */
    private static final class Overflow extends Form {
        Overflow(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, Flags.overflow(cpu.flagAux));
        }
    }

    /** JNO. */
    private static final class NotOverflow extends Form {
        NotOverflow(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, !Flags.overflow(cpu.flagAux));
        }
    }

    /** JB. */
    private static final class Below extends Form {
        Below(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagAux < 0);
        }
    }

    /** JAE. */
    private static final class AboveOrEqual extends Form {
        AboveOrEqual(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagAux >= 0);
        }
    }

    /** JE. */
    private static final class Equal extends Form {
        Equal(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagResult == 0);
        }
    }

    /** JNE. */
    private static final class NotEqual extends Form {
        NotEqual(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagResult != 0);
        }
    }

    /** JBE. */
    private static final class BelowOrEqual extends Form {
        BelowOrEqual(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagAux < 0 || cpu.flagResult == 0);
        }
    }

    /** JA. */
    private static final class Above extends Form {
        Above(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagAux >= 0 && cpu.flagResult != 0);
        }
    }

    /** JS. */
    private static final class Sign extends Form {
        Sign(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, Flags.sf(cpu.flagResult, cpu.flagAux));
        }
    }

    /** JNS. */
    private static final class NotSign extends Form {
        NotSign(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, !Flags.sf(cpu.flagResult, cpu.flagAux));
        }
    }

    /** JP. */
    private static final class Parity extends Form {
        Parity(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, Flags.pf(cpu.flagResult, cpu.flagAux));
        }
    }

    /** JNP. */
    private static final class NotParity extends Form {
        NotParity(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, !Flags.pf(cpu.flagResult, cpu.flagAux));
        }
    }

    /** JL. */
    private static final class Less extends Form {
        Less(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, less(cpu));
        }
    }

    /** JGE. */
    private static final class GreaterOrEqual extends Form {
        GreaterOrEqual(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, !less(cpu));
        }
    }

    /** JLE. */
    private static final class LessOrEqual extends Form {
        LessOrEqual(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagResult == 0 || less(cpu));
        }
    }

    /** JG. */
    private static final class Greater extends Form {
        Greater(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            jump(cpu, cpu.flagResult != 0 && !less(cpu));
        }
    }
}
