package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.Bits;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLimit;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** MOV of general registers, memory and immediates; LEA; MOVNTI, MOVBE and BSWAP; XLAT. */
final class Moves {
    private Moves() {}

    /** MOV r/m, r: 88 and 89. */
    static Op ofStore(Instruction i) {
        int size = Place.sizeByOpcode(i);
        if (!i.memory()) {
            return registers(i, i.rm, i.reg, size);
        }
        return Store.of(i, size);
    }

    /** MOV r, r/m: 8A and 8B. */
    static Op ofLoad(Instruction i) {
        int size = Place.sizeByOpcode(i);
        if (!i.memory()) {
            return registers(i, i.reg, i.rm, size);
        }
        return Load.of(i, size);
    }

    private static Op registers(Instruction i, int to, int from, int size) {
        return switch (size) {
            case 8 -> new Registers64(to, from);
            case 4 -> new Registers32(to, from);
            default -> new Move(Place.register(i, to, size), Place.register(i, from, size));
        };
    }

    /** MOV r, imm: B0 to BF. */
    static Op ofRegisterImmediate(Instruction i) {
        int size = i.opcode < 0xb8 ? 1 : i.operandSize;
        return registerImmediate(i, Place.opcodeRegister(i), size);
    }

    private static Op registerImmediate(Instruction i, int to, int size) {
        return size >= 4
                ? new Constant(to, i.immediate & Place.mask(size))
                : new MoveImmediate(Place.register(i, to, size), i.immediate);
    }

    /** MOV r/m, imm: C6 /0 and C7 /0. */
    static @Nullable Op ofImmediate(Instruction i) {
        if ((i.reg & 7) != 0) {
            return null;
        }
        int size = Place.sizeByOpcode(i);
        return i.memory() ? new StoreImmediate(i, size) : registerImmediate(i, i.rm, size);
    }

    /** MOV with a full offset: A0 to A3. */
    static Op ofOffset(Instruction i) {
        int size = Place.sizeByOpcode(i);
        Place memory = new Place.Memory(Address.at(i), size);
        Place accumulator = new Place.Register(Cpu.RAX, size, 0);
        return i.opcode < 0xa2 ? new Move(accumulator, memory) : new Move(memory, accumulator);
    }

    /** LEA: 8D. */
    static @Nullable Op ofLea(Instruction i) {
        if (!i.memory()) {
            return null;
        }
        if (i.operandSize == 2) {
            return new Lea16(i);
        }
        boolean plain = i.addressSize == 8 && i.operandSize == 8;
        return plain && i.index == Instruction.NONE ? new LeaBase(i) : new Lea(i);
    }

    /** MOVNTI: 0F C3. */
    static @Nullable Op ofNonTemporal(Instruction i) {
        boolean valid = i.memory() && i.selectingPrefix() == 0;
        return valid ? Store.of(i, i.operandSize) : null;
    }

    /** MOVBE: 0F 38 F0 and F1 without F2. */
    static @Nullable Op ofSwapped(Instruction i) {
        if (!i.memory()) {
            return null;
        }
        Place memory = Place.rm(i, i.operandSize);
        Place register = Place.reg(i, i.operandSize);
        return i.opcode == 0xf0 ? new Swapped(register, memory) : new Swapped(memory, register);
    }

    /** BSWAP: 0F C8 to CF. */
    static Op ofSwap(Instruction i) {
        return new Swap(Place.opcodeRegister(i), i.operandSize);
    }

    private static final class Registers64 extends Op {
        private final int to;
        private final int from;

        Registers64(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(to, cpu.get(from));
        }
    }

    private static final class Registers32 extends Op {
        private final int to;
        private final int from;

        Registers32(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(to, cpu.get(from) & 0xffff_ffffL);
        }
    }

    private static final class Constant extends Op {
        private final int to;
        private final long value;

        Constant(int to, long value) {
            this.to = to;
            this.value = value;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(to, value);
        }
    }

    /** Any size, any places. */
    private static final class Move extends Op {
        private final Place to;
        private final Place from;

        Move(Place to, Place from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = from.read(cpu, from.locate(cpu));
            to.write(cpu, to.locate(cpu), value);
        }

        @Override
        public boolean stackOperand() {
            return to.stackOperand() || from.stackOperand();
        }
    }

    private static final class MoveImmediate extends Op {
        private final Place to;
        private final long value;

        MoveImmediate(Place to, long value) {
            this.to = to;
            this.value = value;
        }

        @Override
        public void execute(Cpu cpu) {
            to.write(cpu, 0, value);
        }
    }

    private static final class StoreImmediate extends Op {
        private final Address address;
        private final int size;
        private final long value;

        StoreImmediate(Instruction i, int size) {
            this.address = Address.at(i);
            this.size = size;
            this.value = i.immediate;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.mmu.write(address.of(cpu), size, value);
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static final class LeaBase extends Op {
        private final int to;
        private final int base;
        private final long displacement;

        LeaBase(Instruction i) {
            this.to = i.reg;
            this.base = i.base;
            this.displacement = i.displacement;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(to, cpu.get(base) + displacement);
        }
    }

    private static final class Lea extends Op {
        private final int to;
        private final Address address;
        private final long mask;

        Lea(Instruction i) {
            this.to = i.reg;
            this.address = Address.at(i);
            this.mask = Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(to, address.offset(cpu) & mask);
        }
    }

    private static final class Lea16 extends Op {
        private final Place to;
        private final Address address;

        Lea16(Instruction i) {
            this.to = Place.reg(i, 2);
            this.address = Address.at(i);
        }

        @Override
        public void execute(Cpu cpu) {
            to.write(cpu, 0, address.offset(cpu));
        }
    }

    private static final class Swapped extends Op {
        private final Place to;
        private final Place from;

        Swapped(Place to, Place from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = from.read(cpu, from.locate(cpu));
            to.write(cpu, to.locate(cpu), Bits.swap(value, to.size));
        }

        @Override
        public boolean stackOperand() {
            return to.stackOperand() || from.stackOperand();
        }
    }

    private static final class Swap extends Op {
        private final int to;
        private final int size;

        Swap(int to, int size) {
            this.to = to;
            this.size = size;
        }

        @Override
        public void execute(Cpu cpu) {
            // With 16 bits undefined; Zen clears them.
            cpu.set(to, size == 2 ? cpu.get(to) & ~0xffffL : Bits.swap(cpu.get(to), size));
        }
    }

    /** XLAT: D7. */
    static final class Translate extends Op {
        private final int segmentBase;
        private final boolean stack;
        private final long offsetMask;
        private final long linearMask;

        /** The segment outside 64-bit mode, or -1. */
        private final int limited;

        Translate(Instruction i) {
            int segment = i.segmentOverride ? i.segment : Segment.DS;
            boolean flat = i.mode == Cpu.MODE_64 && segment != Segment.FS && segment != Segment.GS;
            this.segmentBase = flat ? Cpu.ZERO : Cpu.SEGMENT_BASE + segment;
            this.stack = segment == Segment.SS;
            this.offsetMask = Place.mask(i.addressSize);
            this.linearMask = i.mode == Cpu.MODE_64 ? -1L : 0xffff_ffffL;
            this.limited = i.mode == Cpu.MODE_64 ? -1 : segment;
        }

        @Override
        public void execute(Cpu cpu) {
            long offset = cpu.rbx + (cpu.rax & 0xff) & offsetMask;
            if (limited >= 0) {
                SegmentLimit.check(cpu, limited, offset, 1, false);
            }
            long value = cpu.mmu.read8(offset + cpu.get(segmentBase) & linearMask);
            cpu.rax = cpu.rax & ~0xffL | value;
        }

        @Override
        public boolean stackOperand() {
            return stack;
        }
    }
}
