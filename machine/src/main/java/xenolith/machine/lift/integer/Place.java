package xenolith.machine.lift.integer;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;

/**
 * An operand of any size in a register or in memory, for the operations that are not hot. Values
 * read are zero-extended; of values written the low bytes count.
 */
abstract sealed class Place {
    /** Bytes: 1, 2, 4 or 8. */
    final int size;

    /** 64 less the width in bits, as {@code alu.Flags} has it. */
    final int shift;

    /** The bits of the width. */
    final long mask;

    private Place(int size) {
        this.size = size;
        this.shift = shift(size);
        this.mask = mask(size);
    }

    static int shift(int size) {
        return 64 - 8 * size;
    }

    static long mask(int size) {
        return -1L >>> shift(size);
    }

    /** The ModRM operand. */
    static Place rm(Instruction i, int size) {
        return i.memory() ? new Memory(Address.at(i), size) : register(i, i.rm, size);
    }

    /** The ModRM register operand. */
    static Place reg(Instruction i, int size) {
        return register(i, i.reg, size);
    }

    /** Register {@code n}: of byte registers without REX, 4 to 7 are AH, CH, DH and BH. */
    static Place register(Instruction i, int n, int size) {
        return size == 1 && i.rex == 0 && n >= 4 && n < 8
                ? new Register(n - 4, 1, 8)
                : new Register(n, size, 0);
    }

    /** The register that the low opcode bits name. */
    static int opcodeRegister(Instruction i) {
        return i.opcode & 7 | (i.rex & 1) << 3;
    }

    /** Bytes of an operand whose opcode's low bit tells byte from full size. */
    static int sizeByOpcode(Instruction i) {
        return (i.opcode & 1) == 0 ? 1 : i.operandSize;
    }

    /** The linear address, to be passed to the other methods; 0 for a register. */
    abstract long locate(Cpu cpu);

    abstract long read(Cpu cpu, long at);

    /** Reads what is going to be written: faults as the write would. */
    abstract long readForWrite(Cpu cpu, long at);

    abstract void write(Cpu cpu, long at, long value);

    abstract boolean stackOperand();

    /** A general-purpose register or a part of it. */
    static final class Register extends Place {
        private final int slot;
        private final int position;

        /** The bits of the slot that a write leaves alone: a 32-bit write clears the upper half. */
        private final long kept;

        Register(int slot, int size, int position) {
            super(size);
            this.slot = slot;
            this.position = position;
            this.kept = size >= 4 ? 0 : ~(mask << position);
        }

        @Override
        long locate(Cpu cpu) {
            return 0;
        }

        @Override
        long read(Cpu cpu, long at) {
            return cpu.get(slot) >>> position & mask;
        }

        @Override
        long readForWrite(Cpu cpu, long at) {
            return cpu.get(slot) >>> position & mask;
        }

        @Override
        void write(Cpu cpu, long at, long value) {
            cpu.set(slot, cpu.get(slot) & kept | (value & mask) << position);
        }

        @Override
        boolean stackOperand() {
            return false;
        }
    }

    /** A memory operand. */
    static final class Memory extends Place {
        final Address address;

        Memory(Address address, int size) {
            super(size);
            this.address = address;
        }

        @Override
        long locate(Cpu cpu) {
            return address.of(cpu);
        }

        @Override
        long read(Cpu cpu, long at) {
            return cpu.mmu.read(at, size);
        }

        @Override
        long readForWrite(Cpu cpu, long at) {
            return cpu.mmu.readForWrite(at, size);
        }

        @Override
        void write(Cpu cpu, long at, long value) {
            cpu.mmu.write(at, size, value);
        }

        @Override
        boolean stackOperand() {
            return address.stack();
        }
    }
}
