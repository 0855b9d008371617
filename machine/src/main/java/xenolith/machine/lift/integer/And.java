package xenolith.machine.lift.integer;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** AND of 32- and 64-bit operands. */
final class And {
    private And() {}

    static final class Registers extends Form.Registers {
        Registers(Instruction i, int to, int from) {
            super(i, to, from);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long b = cpu.get(from);
            long result = a & b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = 0;
            cpu.set(to, result & mask);
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
            long result = a & b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = 0;
            cpu.set(to, result & mask);
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
            long result = a & b;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = 0;
            cpu.set(to, result & mask);
        }
    }

    static final class MemoryRegister extends Form.MemoryRegister {
        MemoryRegister(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            long at = address.of(cpu);
            long a = cpu.mmu.readForWrite(at, size);
            long b = cpu.get(from);
            long result = a & b;
            cpu.mmu.write(at, size, result);
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = 0;
        }
    }

    static final class MemoryImmediate extends Form.MemoryImmediate {
        MemoryImmediate(Instruction i, int size) {
            super(i, size);
        }

        @Override
        public void execute(Cpu cpu) {
            long at = address.of(cpu);
            long a = cpu.mmu.readForWrite(at, size);
            long b = immediate;
            long result = a & b;
            cpu.mmu.write(at, size, result);
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = 0;
        }
    }
}
