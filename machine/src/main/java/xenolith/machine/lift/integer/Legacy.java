package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.alu.Decimal;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** What 64-bit mode has no more: DAA, DAS, AAA, AAS, AAM, AAD, SALC and BOUND. */
final class Legacy {
    private Legacy() {}

    static @Nullable Op of(Instruction i) {
        if (i.mode == Cpu.MODE_64 || i.lock) {
            return null;
        }
        return switch (i.opcode) {
            case 0x27, 0x2f, 0x37, 0x3f -> new Adjust(i.opcode);
            case 0x62 -> i.memory() ? new Bound(i) : null;
            case 0xd4 -> new AdjustMultiply((int) i.immediate & 0xff);
            case 0xd5 -> new AdjustDivide((int) i.immediate & 0xff);
            case 0xd6 -> new SetCarry();
            default -> null;
        };
    }

    private static void setAx(Cpu cpu, int ax) {
        cpu.rax = cpu.rax & ~0xffffL | ax & 0xffff;
    }

    private static void setResult(Cpu cpu, int al, long aux) {
        cpu.flagResult = (byte) al;
        cpu.flagAux = aux;
    }

    private static final class Adjust extends Op {
        private final int opcode;

        Adjust(int opcode) {
            this.opcode = opcode;
        }

        @Override
        public void execute(Cpu cpu) {
            int ax = (int) cpu.rax & 0xffff;
            boolean carry = Flags.cf(cpu.flagAux);
            boolean adjust = Flags.af(cpu.flagAux);
            int result =
                    switch (opcode) {
                        case 0x27 -> Decimal.daa(ax, carry, adjust);
                        case 0x2f -> Decimal.das(ax, carry, adjust);
                        case 0x37 -> Decimal.aaa(ax, adjust);
                        default -> Decimal.aas(ax, adjust);
                    };
            setAx(cpu, result);
            int flags = result >>> Decimal.FLAGS;
            setResult(cpu, result, Flags.aux((flags & Rflags.CF) != 0, false) | flags & Rflags.AF);
        }
    }

    private static final class AdjustMultiply extends Op {
        private final int base;

        AdjustMultiply(int base) {
            this.base = base;
        }

        @Override
        public void execute(Cpu cpu) {
            if (base == 0) {
                throw cpu.fault(Vector.DE);
            }
            int al = (int) cpu.rax & 0xff;
            setAx(cpu, al / base << 8 | al % base);
            setResult(cpu, al % base, 0);
        }
    }

    private static final class AdjustDivide extends Op {
        private final int base;

        AdjustDivide(int base) {
            this.base = base;
        }

        @Override
        public void execute(Cpu cpu) {
            int ax = (int) cpu.rax & 0xffff;
            int al = ax + (ax >>> 8) * base & 0xff;
            setAx(cpu, al);
            setResult(cpu, al, 0);
        }
    }

    private static final class SetCarry extends Op {
        @Override
        public void execute(Cpu cpu) {
            cpu.rax = cpu.rax & ~0xffL | (Flags.cf(cpu.flagAux) ? 0xff : 0);
        }
    }

    private static final class Bound extends Op {
        private final Address address;
        private final int index;
        private final int size;
        private final int shift;

        Bound(Instruction i) {
            this.address = Address.at(i);
            this.index = i.reg;
            this.size = i.operandSize;
            this.shift = Place.shift(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long low = cpu.mmu.read(address.of(cpu), size) << shift >> shift;
            long high = cpu.mmu.read(address.of(cpu, size), size) << shift >> shift;
            long value = cpu.get(index) << shift >> shift;
            if (value < low || value > high) {
                throw cpu.fault(Vector.BR);
            }
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }
}
