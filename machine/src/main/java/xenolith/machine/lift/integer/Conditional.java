package xenolith.machine.lift.integer;

import xenolith.machine.alu.Condition;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** CMOVcc and SETcc: 0F 40 to 4F and 0F 90 to 9F. */
final class Conditional {
    private Conditional() {}

    static Op ofMove(Instruction i) {
        int truth = Condition.truth(i.opcode & 15);
        if (i.operandSize == 2) {
            return new Move16(truth, Place.reg(i, 2), Place.rm(i, 2));
        }
        return i.memory() ? new MoveMemory(truth, i) : new MoveRegisters(truth, i);
    }

    static Op ofSet(Instruction i) {
        return new Set(Condition.truth(i.opcode & 15), Place.rm(i, 1));
    }

    private static final class MoveRegisters extends Op {
        private final int truth;
        private final int to;
        private final int from;
        private final long mask;

        MoveRegisters(int truth, Instruction i) {
            this.truth = truth;
            this.to = i.reg;
            this.from = i.rm;
            this.mask = Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            boolean taken = Condition.value(truth, cpu.flagResult, cpu.flagAux) != 0;
            cpu.set(to, (taken ? cpu.get(from) : cpu.get(to)) & mask);
        }
    }

    /** Reads memory whether it moves or not. */
    private static final class MoveMemory extends Op {
        private final int truth;
        private final int to;
        private final Address address;
        private final int size;
        private final long mask;

        MoveMemory(int truth, Instruction i) {
            this.truth = truth;
            this.to = i.reg;
            this.address = Address.at(i);
            this.size = i.operandSize;
            this.mask = Place.mask(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long value = cpu.mmu.read(address.of(cpu), size);
            boolean taken = Condition.value(truth, cpu.flagResult, cpu.flagAux) != 0;
            cpu.set(to, taken ? value : cpu.get(to) & mask);
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static final class Move16 extends Op {
        private final int truth;
        private final Place to;
        private final Place from;

        Move16(int truth, Place to, Place from) {
            this.truth = truth;
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = from.read(cpu, from.locate(cpu));
            if (Condition.value(truth, cpu.flagResult, cpu.flagAux) != 0) {
                to.write(cpu, 0, value);
            }
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    private static final class Set extends Op {
        private final int truth;
        private final Place to;

        Set(int truth, Place to) {
            this.truth = truth;
            this.to = to;
        }

        @Override
        public void execute(Cpu cpu) {
            int value = Condition.value(truth, cpu.flagResult, cpu.flagAux);
            to.write(cpu, to.locate(cpu), value);
        }

        @Override
        public boolean stackOperand() {
            return to.stackOperand();
        }
    }
}
