package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** ADD to CMP, TEST, INC, DEC, NOT and NEG: chooses the form, and holds those that are rare. */
final class Arithmetic {
    static final int ADD = 0;
    static final int OR = 1;
    static final int ADC = 2;
    static final int SBB = 3;
    static final int AND = 4;
    static final int SUB = 5;
    static final int XOR = 6;
    static final int CMP = 7;
    static final int TEST = 8;

    private static final int INC = 0;
    private static final int DEC = 1;

    /** 3 is NEG. */
    private static final int NOT = 2;

    private Arithmetic() {}

    /** Opcodes 00 to 3F: six forms of eight operations. */
    static @Nullable Op ofRow(Instruction i) {
        int kind = i.opcode >>> 3;
        int size = Place.sizeByOpcode(i);
        return switch (i.opcode & 7) {
            case 0, 1 -> ofRmReg(i, kind, size);
            case 2, 3 -> i.lock ? null : ofRegRm(i, kind, size);
            case 4, 5 -> i.lock ? null : ofAccumulator(i, kind, size);
            default -> null;
        };
    }

    private static @Nullable Op ofRmReg(Instruction i, int kind, int size) {
        if (badLock(i, kind)) {
            return null;
        }
        if (size >= 4 && !i.lock) {
            Op op = i.memory() ? Hot.memoryRegister(i, kind) : Hot.registers(i, kind, i.rm, i.reg);
            if (op != null) {
                return op;
            }
        }
        return binary(kind, Place.rm(i, size), Place.reg(i, size), i.lock);
    }

    private static Op ofRegRm(Instruction i, int kind, int size) {
        if (size >= 4) {
            Op op = i.memory() ? Hot.registerMemory(i, kind) : Hot.registers(i, kind, i.reg, i.rm);
            if (op != null) {
                return op;
            }
        }
        return binary(kind, Place.reg(i, size), Place.rm(i, size), false);
    }

    private static Op ofAccumulator(Instruction i, int kind, int size) {
        Op op = size >= 4 ? Hot.registerImmediate(i, kind, Cpu.RAX) : null;
        return op != null ? op : immediate(kind, new Place.Register(Cpu.RAX, size, 0), i);
    }

    /** Opcodes 80 to 83. */
    static @Nullable Op ofImmediate(Instruction i) {
        int kind = i.reg & 7;
        int size = Place.sizeByOpcode(i);
        if (badLock(i, kind)) {
            return null;
        }
        Op op = null;
        if (!i.lock && i.memory()) {
            op = Hot.memoryImmediate(i, kind, size);
        } else if (!i.lock && size >= 4) {
            op = Hot.registerImmediate(i, kind, i.rm);
        }
        return op != null ? op : immediate(kind, Place.rm(i, size), i);
    }

    /** TEST: 84, 85, A8, A9, F6 /0 and /1, F7 /0 and /1. */
    static @Nullable Op ofTest(Instruction i) {
        int size = Place.sizeByOpcode(i);
        if (i.lock) {
            return null;
        }
        if ((i.opcode & ~1) == 0x84) {
            Op op =
                    size < 4
                            ? null
                            : i.memory()
                                    ? Hot.memoryRegister(i, TEST)
                                    : Hot.registers(i, TEST, i.rm, i.reg);
            return op != null ? op : binary(TEST, Place.rm(i, size), Place.reg(i, size), false);
        }
        if ((i.opcode & ~1) == 0xa8) {
            return ofAccumulator(i, TEST, size);
        }
        Op op =
                i.memory()
                        ? Hot.memoryImmediate(i, TEST, size)
                        : size < 4 ? null : Hot.registerImmediate(i, TEST, i.rm);
        return op != null ? op : immediate(TEST, Place.rm(i, size), i);
    }

    private static boolean badLock(Instruction i, int kind) {
        return i.lock && (!i.memory() || kind == CMP);
    }

    private static Op immediate(int kind, Place to, Instruction i) {
        return kind >= CMP
                ? new CompareImmediate(kind, to, i.immediate)
                : new BinaryImmediate(kind, to, i.immediate, i.lock);
    }

    private static Op binary(int kind, Place to, Place from, boolean lock) {
        return kind >= CMP ? new Compare(kind, to, from) : new Binary(kind, to, from, lock);
    }

    /** INC, DEC: 40 to 4F outside 64-bit mode, FE and FF. NOT and NEG: F6 and F7. */
    static @Nullable Op ofUnary(Instruction i) {
        if (i.opcode < 0x50) {
            int kind = i.opcode < 0x48 ? INC : DEC;
            Place place = new Place.Register(i.opcode & 7, i.operandSize, 0);
            return i.lock ? null : new Unary(kind, place, false);
        }
        if (i.lock && !i.memory()) {
            return null;
        }
        int size = Place.sizeByOpcode(i);
        int kind = i.reg & 7;
        if (i.opcode >= 0xfe && !i.memory() && size >= 4) {
            return kind == INC ? new Step.Inc(i.rm, size) : new Step.Dec(i.rm, size);
        }
        return new Unary(kind, Place.rm(i, size), i.lock);
    }

    /** The result of operation {@code kind}; sets the flags. */
    static long apply(Cpu cpu, int kind, long a, long b, long aux, int shift) {
        long carry = aux >>> 63;
        long result =
                switch (kind) {
                    case ADD -> a + b;
                    case OR -> a | b;
                    case ADC -> a + b + carry;
                    case SBB -> a - b - carry;
                    case AND, TEST -> a & b;
                    case XOR -> a ^ b;
                    default -> a - b;
                };
        cpu.flagResult = result << shift >> shift;
        cpu.flagAux =
                switch (kind) {
                    case ADD, ADC -> Flags.auxAdd(a, b, result, shift);
                    case SUB, SBB, CMP -> Flags.auxSub(a, b, result, shift);
                    default -> 0;
                };
        return result;
    }

    private static final class Binary extends Modify {
        private final int kind;
        private final Place from;

        Binary(int kind, Place to, Place from, boolean lock) {
            super(to, lock);
            this.kind = kind;
            this.from = from;
        }

        @Override
        long modify(Cpu cpu, long old, long aux) {
            long b = from.read(cpu, from.locate(cpu));
            return apply(cpu, kind, old, b, aux, place.shift);
        }

        @Override
        public boolean stackOperand() {
            return place.stackOperand() || from.stackOperand();
        }
    }

    private static final class BinaryImmediate extends Modify {
        private final int kind;
        private final long immediate;

        BinaryImmediate(int kind, Place to, long immediate, boolean lock) {
            super(to, lock);
            this.kind = kind;
            this.immediate = immediate;
        }

        @Override
        long modify(Cpu cpu, long old, long aux) {
            return apply(cpu, kind, old, immediate, aux, place.shift);
        }
    }

    private static final class Compare extends Op {
        private final int kind;
        private final Place first;
        private final Place second;

        Compare(int kind, Place first, Place second) {
            this.kind = kind;
            this.first = first;
            this.second = second;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = first.read(cpu, first.locate(cpu));
            long b = second.read(cpu, second.locate(cpu));
            apply(cpu, kind, a, b, 0, first.shift);
        }

        @Override
        public boolean stackOperand() {
            return first.stackOperand() || second.stackOperand();
        }
    }

    private static final class CompareImmediate extends Op {
        private final int kind;
        private final Place first;
        private final long immediate;

        CompareImmediate(int kind, Place first, long immediate) {
            this.kind = kind;
            this.first = first;
            this.immediate = immediate;
        }

        @Override
        public void execute(Cpu cpu) {
            apply(cpu, kind, first.read(cpu, first.locate(cpu)), immediate, 0, first.shift);
        }

        @Override
        public boolean stackOperand() {
            return first.stackOperand();
        }
    }

    private static final class Unary extends Modify {
        private final int kind;

        Unary(int kind, Place place, boolean lock) {
            super(place, lock);
            this.kind = kind;
        }

        @Override
        long modify(Cpu cpu, long old, long aux) {
            int shift = place.shift;
            if (kind == NOT) {
                return ~old;
            }
            long result = kind == INC ? old + 1 : kind == DEC ? old - 1 : -old;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux =
                    kind == INC
                            ? Flags.auxInc(old, result, shift, aux)
                            : kind == DEC
                                    ? Flags.auxDec(old, result, shift, aux)
                                    : Flags.auxSub(0, old, result, shift);
            return result;
        }
    }
}
