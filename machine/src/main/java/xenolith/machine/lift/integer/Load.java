package xenolith.machine.lift.integer;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** MOV from memory to a register. */
final class Load {
    private Load() {}

    /** Whether the address is no more than a base register and a displacement. */
    static boolean simple(Instruction i) {
        return i.mode == Cpu.MODE_64
                && i.addressSize == 8
                && i.index == Instruction.NONE
                && i.segment != Segment.FS
                && i.segment != Segment.GS;
    }

    static Op of(Instruction i, int size) {
        return switch (size) {
            case 8 -> simple(i) ? new Based64(i) : new Any64(i);
            case 4 -> simple(i) ? new Based32(i) : new Any32(i);
            default -> new Narrow(Place.reg(i, size), Address.at(i));
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
            cpu.set(register, cpu.mmu.read64(cpu.get(base) + displacement));
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
            cpu.set(register, cpu.mmu.read64(address.of(cpu)));
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
            cpu.set(register, cpu.mmu.read32(cpu.get(base) + displacement));
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
            cpu.set(register, cpu.mmu.read32(address.of(cpu)));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    /** 8 and 16 bits: the rest of the register stays. */
    private static final class Narrow extends Op {
        private final Place to;
        private final Address address;

        Narrow(Place to, Address address) {
            this.to = to;
            this.address = address;
        }

        @Override
        public void execute(Cpu cpu) {
            long at = address.of(cpu);
            to.write(cpu, 0, to.size == 1 ? cpu.mmu.read8(at) : cpu.mmu.read16(at));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }
}
