package xenolith.machine.lift.integer;

import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** CMP of 32- and 64-bit operands; with an immediate, of memory of any size. */
final class Cmp {
    private Cmp() {}

    static final class Registers extends Form.Registers {
        Registers(Instruction i, int to, int from) {
            super(i, to, from);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long b = cpu.get(from);
            long result = a - b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxSub(a, b, result, shift);
        }
    }

    static final class RegisterImmediate extends Form.RegisterImmediate {
        RegisterImmediate(Instruction i, int to) {
            super(i, to);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long b = immediate;
            long result = a - b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxSub(a, b, result, shift);
        }
    }

    static final class RegisterMemory extends Form.RegisterMemory {
        RegisterMemory(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            long b = load(cpu);
            long a = cpu.get(to);
            long result = a - b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxSub(a, b, result, shift);
        }
    }

    static final class MemoryRegister extends Form.MemoryRegister {
        MemoryRegister(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.mmu.read(address.of(cpu), size);
            long b = cpu.get(from);
            long result = a - b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxSub(a, b, result, shift);
        }
    }

    static final class MemoryImmediate extends Form.MemoryImmediate {
        MemoryImmediate(Instruction i, int size) {
            super(i, size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.mmu.read(address.of(cpu), size);
            long b = immediate;
            long result = a - b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxSub(a, b, result, shift);
        }
    }
}
