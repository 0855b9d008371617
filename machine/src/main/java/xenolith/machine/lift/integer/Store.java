package xenolith.machine.lift.integer;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** MOV from a register to memory. */
final class Store {
    private Store() {}

    static Op of(Instruction i, int size) {
        return switch (size) {
            case 8 -> Load.simple(i) ? new Based64(i) : new Any64(i);
            case 4 -> Load.simple(i) ? new Based32(i) : new Any32(i);
            default -> new Narrow(Address.at(i), Place.reg(i, size));
        };
    }

    private static final class Based64 extends Op {
        private final int register;
        private final int base;
        private final long displacement;
        private final boolean stack;

        Based64(Instruction i) {
            this.register = i.reg;
            this.base = i.base;
            this.displacement = i.displacement;
            this.stack = i.segment == Segment.SS;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.mmu.write64(cpu.get(base) + displacement, cpu.get(register));
        }

        @Override
        public boolean stackOperand() {
            return stack;
        }
    }

    private static final class Any64 extends Op {
        private final int register;
        private final Address address;

        Any64(Instruction i) {
            this.register = i.reg;
            this.address = Address.at(i);
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.mmu.write64(address.of(cpu), cpu.get(register));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static final class Based32 extends Op {
        private final int register;
        private final int base;
        private final long displacement;
        private final boolean stack;

        Based32(Instruction i) {
            this.register = i.reg;
            this.base = i.base;
            this.displacement = i.displacement;
            this.stack = i.segment == Segment.SS;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.mmu.write32(cpu.get(base) + displacement, cpu.get(register));
        }

        @Override
        public boolean stackOperand() {
            return stack;
        }
    }

    private static final class Any32 extends Op {
        private final int register;
        private final Address address;

        Any32(Instruction i) {
            this.register = i.reg;
            this.address = Address.at(i);
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.mmu.write32(address.of(cpu), cpu.get(register));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    /** 8 and 16 bits. */
    private static final class Narrow extends Op {
        private final Address address;
        private final Place from;

        Narrow(Address address, Place from) {
            this.address = address;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = from.read(cpu, 0);
            long at = address.of(cpu);
            if (from.size == 1) {
                cpu.mmu.write8(at, value);
            } else {
                cpu.mmu.write16(at, value);
            }
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }
}
