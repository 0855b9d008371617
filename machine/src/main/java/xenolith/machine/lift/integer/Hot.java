package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Chooses the hot class of an operation and a form; null where there is none. */
final class Hot {
    private Hot() {}

    static @Nullable Op registers(Instruction i, int kind, int to, int from) {
        return switch (kind) {
            case Arithmetic.ADD -> new Add.Registers(i, to, from);
            case Arithmetic.OR -> new Or.Registers(i, to, from);
            case Arithmetic.AND -> new And.Registers(i, to, from);
            case Arithmetic.SUB -> new Sub.Registers(i, to, from);
            case Arithmetic.XOR -> new Xor.Registers(i, to, from);
            case Arithmetic.CMP -> new Cmp.Registers(i, to, from);
            case Arithmetic.TEST -> new Test.Registers(i, to, from);
            default -> null;
        };
    }

    static @Nullable Op registerImmediate(Instruction i, int kind, int to) {
        return switch (kind) {
            case Arithmetic.ADD -> new Add.RegisterImmediate(i, to);
            case Arithmetic.OR -> new Or.RegisterImmediate(i, to);
            case Arithmetic.AND -> new And.RegisterImmediate(i, to);
            case Arithmetic.SUB -> new Sub.RegisterImmediate(i, to);
            case Arithmetic.XOR -> new Xor.RegisterImmediate(i, to);
            case Arithmetic.CMP -> new Cmp.RegisterImmediate(i, to);
            case Arithmetic.TEST -> new Test.RegisterImmediate(i, to);
            default -> null;
        };
    }

    static @Nullable Op registerMemory(Instruction i, int kind) {
        return switch (kind) {
            case Arithmetic.ADD -> new Add.RegisterMemory(i);
            case Arithmetic.OR -> new Or.RegisterMemory(i);
            case Arithmetic.AND -> new And.RegisterMemory(i);
            case Arithmetic.SUB -> new Sub.RegisterMemory(i);
            case Arithmetic.XOR -> new Xor.RegisterMemory(i);
            case Arithmetic.CMP -> new Cmp.RegisterMemory(i);
            default -> null;
        };
    }

    static @Nullable Op memoryRegister(Instruction i, int kind) {
        return switch (kind) {
            case Arithmetic.ADD -> new Add.MemoryRegister(i);
            case Arithmetic.OR -> new Or.MemoryRegister(i);
            case Arithmetic.AND -> new And.MemoryRegister(i);
            case Arithmetic.SUB -> new Sub.MemoryRegister(i);
            case Arithmetic.XOR -> new Xor.MemoryRegister(i);
            case Arithmetic.CMP -> new Cmp.MemoryRegister(i);
            case Arithmetic.TEST -> new Test.MemoryRegister(i);
            default -> null;
        };
    }

    static @Nullable Op memoryImmediate(Instruction i, int kind, int size) {
        return switch (kind) {
            case Arithmetic.ADD -> new Add.MemoryImmediate(i, size);
            case Arithmetic.OR -> new Or.MemoryImmediate(i, size);
            case Arithmetic.AND -> new And.MemoryImmediate(i, size);
            case Arithmetic.SUB -> new Sub.MemoryImmediate(i, size);
            case Arithmetic.XOR -> new Xor.MemoryImmediate(i, size);
            case Arithmetic.CMP -> new Cmp.MemoryImmediate(i, size);
            case Arithmetic.TEST -> new Test.MemoryImmediate(i, size);
            default -> null;
        };
    }
}
