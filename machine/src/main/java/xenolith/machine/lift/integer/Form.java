package xenolith.machine.lift.integer;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/**
 * Operands of the hot operations, which come in 32 and 64 bits. A class below such a form is one
 * operation on it: what it computes stands in its own {@code execute}, so that running it takes one
 * virtual call.
 */
abstract class Form extends Op {
    /** 32 or 0: see {@code alu.Flags}. */
    final int shift;

    /** Cuts a result for its register. */
    final long mask;

    private Form(int size) {
        this.shift = Place.shift(size);
        this.mask = Place.mask(size);
    }

    abstract static class Registers extends Form {
        final int to;
        final int from;

        Registers(Instruction i, int to, int from) {
            super(i.operandSize);
            this.to = to;
            this.from = from;
        }
    }

    abstract static class RegisterImmediate extends Form {
        final int to;
        final long immediate;

        RegisterImmediate(Instruction i, int to) {
            super(i.operandSize);
            this.to = to;
            this.immediate = i.immediate;
        }
    }

    abstract static class WithMemory extends Form {
        final Address address;
        final int size;

        WithMemory(Instruction i, int size) {
            super(size);
            this.address = Address.at(i);
            this.size = size;
        }

        @Override
        public final boolean stackOperand() {
            return address.stack();
        }
    }

    abstract static class RegisterMemory extends WithMemory {
        final int to;

        RegisterMemory(Instruction i) {
            super(i, i.operandSize);
            this.to = i.reg;
        }

        final long load(Cpu cpu) {
            long at = address.of(cpu);
            return shift == 0 ? cpu.mmu.read64(at) : cpu.mmu.read32(at);
        }
    }

    abstract static class MemoryRegister extends WithMemory {
        final int from;

        MemoryRegister(Instruction i) {
            super(i, i.operandSize);
            this.from = i.reg;
        }
    }

    /** Any size. */
    abstract static class MemoryImmediate extends WithMemory {
        final long immediate;

        MemoryImmediate(Instruction i, int size) {
            super(i, size);
            this.immediate = i.immediate;
        }
    }
}
