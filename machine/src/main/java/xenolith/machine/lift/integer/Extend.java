package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** MOVZX, MOVSX and MOVSXD; CBW, CWDE, CDQE, CWD, CDQ and CQO. */
final class Extend {
    private Extend() {}

    /** MOVZX and MOVSX: 0F B6, B7, BE and BF. */
    static Op ofMove(Instruction i) {
        return of(i, (i.opcode & 1) == 0 ? 1 : 2, i.opcode >= 0xbe);
    }

    /** MOVSXD: 63 in 64-bit mode. */
    static @Nullable Op ofDoubleword(Instruction i) {
        return i.mode == Cpu.MODE_64 ? of(i, i.operandSize == 2 ? 2 : 4, true) : null;
    }

    private static Op of(Instruction i, int size, boolean signed) {
        if (i.operandSize == 2) {
            return new Narrow(Place.reg(i, 2), Place.rm(i, size), signed);
        }
        if (!i.memory()) {
            return new Registers(i, size, signed);
        }
        if (signed) {
            return new SignedMemory(i, size);
        }
        return size == 1 ? new ZeroMemory8(i) : new ZeroMemory16(i);
    }

    /** Shifts the narrow operand to the top and back. */
    private static final class Registers extends Op {
        private final int to;
        private final int from;
        private final int left;
        private final int right;
        private final boolean signed;
        private final long mask;

        Registers(Instruction i, int size, boolean signed) {
            boolean high = size == 1 && i.rex == 0 && i.rm >= 4;
            this.to = i.reg;
            this.from = high ? i.rm - 4 : i.rm;
            this.left = high ? 48 : Place.shift(size);
            this.right = Place.shift(size);
            this.signed = signed;
            this.mask = Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(from) << left;
            cpu.set(to, (signed ? a >> right : a >>> right) & mask);
        }
    }

    private static final class ZeroMemory8 extends Op {
        private final int register;
        private final Address address;

        ZeroMemory8(Instruction i) {
            this.register = i.reg;
            this.address = Address.at(i);
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(register, cpu.mmu.read8(address.of(cpu)));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static final class ZeroMemory16 extends Op {
        private final int register;
        private final Address address;

        ZeroMemory16(Instruction i) {
            this.register = i.reg;
            this.address = Address.at(i);
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.set(register, cpu.mmu.read16(address.of(cpu)));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static final class SignedMemory extends Op {
        private final int to;
        private final Address address;
        private final int size;
        private final int shift;
        private final long mask;

        SignedMemory(Instruction i, int size) {
            this.to = i.reg;
            this.address = Address.at(i);
            this.size = size;
            this.shift = Place.shift(size);
            this.mask = Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            long value = cpu.mmu.read(address.of(cpu), size);
            cpu.set(to, value << shift >> shift & mask);
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    /** To a 16-bit register. */
    private static final class Narrow extends Op {
        private final Place to;
        private final Place from;
        private final boolean signed;

        Narrow(Place to, Place from, boolean signed) {
            this.to = to;
            this.from = from;
            this.signed = signed;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = from.read(cpu, from.locate(cpu));
            to.write(cpu, 0, signed ? value << from.shift >> from.shift : value);
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    /** CBW, CWDE, CDQE: 98. */
    static final class Accumulator extends Op {
        private final Place to;
        private final int shift;

        Accumulator(Instruction i) {
            this.to = new Place.Register(Cpu.RAX, i.operandSize, 0);
            this.shift = Place.shift(i.operandSize / 2);
        }

        @Override
        public void execute(Cpu cpu) {
            to.write(cpu, 0, cpu.rax << shift >> shift);
        }
    }

    /** CWD, CDQ, CQO: 99. */
    static final class Dividend extends Op {
        private final Place to;
        private final int shift;

        Dividend(Instruction i) {
            this.to = new Place.Register(Cpu.RDX, i.operandSize, 0);
            this.shift = Place.shift(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            to.write(cpu, 0, cpu.rax << shift >> 63);
        }
    }
}
