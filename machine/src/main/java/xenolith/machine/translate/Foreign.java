package xenolith.machine.translate;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/**
 * What an operation of the interpreter may touch when translated code runs it.
 *
 * @param reads general registers, as bits by number
 * @param writes general registers
 * @param readsFlags whether it may look at the arithmetic flags
 * @param writesFlags whether it may change them
 */
record Foreign(int reads, int writes, boolean readsFlags, boolean writesFlags) {
    private static final Foreign ANYTHING = new Foreign(Footprint.ALL, Footprint.ALL, true, true);

    private static final int ACCUMULATORS = 1 << Cpu.RAX | 1 << Cpu.RDX;

    static Foreign of(Instruction i) {
        int address = Footprint.address(i);
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE -> oneByte(i, address);
            case Instruction.MAP_0F -> twoByte(i, address);
            case Instruction.MAP_0F38 ->
                    i.opcode < 0xd0 ? new Foreign(address, 0, false, i.opcode == 0x17) : ANYTHING;
            case Instruction.MAP_0F3A -> threeA(i, address);
            default -> ANYTHING;
        };
    }

    private static Foreign oneByte(Instruction i, int address) {
        int rm = i.mod == 3 ? register(i.rm) : 0;
        return switch (i.opcode) {
            // MOV from a segment register.
            case 0x8c -> new Foreign(address | rm, rm, false, false);
            // MUL to IDIV of narrow operands, one of which may be a second byte.
            case 0xf6, 0xf7 ->
                    new Foreign(
                            i.mod == 3 ? Footprint.ALL : address | ACCUMULATORS,
                            ACCUMULATORS,
                            true,
                            true);
            default ->
                    i.opcode >>> 3 == 0x1b && i.memory()
                            ? new Foreign(address, 0, false, false)
                            : ANYTHING;
        };
    }

    private static Foreign twoByte(Instruction i, int address) {
        int op = i.opcode;
        int operands = address | register(i.reg) | (i.mod == 3 ? register(i.rm) : 0);
        return switch (op) {
            case 0x2a, 0x6e, 0xc4 -> new Foreign(operands, 0, false, false);
            // Without F3 or F2 the destination is an MMX register.
            case 0x2c, 0x2d ->
                    new Foreign(address, i.rep || i.repne ? register(i.reg) : 0, false, false);
            case 0x50, 0xc5, 0xd7 -> new Foreign(address, register(i.reg), false, false);
            case 0x7e ->
                    new Foreign(address, i.mod == 3 && !i.rep ? register(i.rm) : 0, false, false);
            case 0x2e, 0x2f -> new Foreign(address, 0, false, true);
            case 0xf7 -> ANYTHING;
            // CMPXCHG8B and CMPXCHG16B.
            case 0xc7 ->
                    i.memory()
                            ? new Foreign(
                                    address | ACCUMULATORS | 1 << Cpu.RCX | 1 << Cpu.RBX,
                                    ACCUMULATORS,
                                    true,
                                    true)
                            : ANYTHING;
            // Fences.
            case 0xae ->
                    i.mod == 3 && !i.rep && (i.reg & 7) >= 5
                            ? new Foreign(0, 0, false, false)
                            : ANYTHING;
            // Hints: prefetches and long NOPs.
            case 0x0d, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f ->
                    new Foreign(address, 0, false, false);
            default -> vector(op) ? new Foreign(address, 0, false, false) : ANYTHING;
        };
    }

    /** Whether opcode 0F {@code op} works on vector registers and memory alone. */
    private static boolean vector(int op) {
        return op >= 0x10 && op <= 0x17
                || op >= 0x28 && op <= 0x2b
                || op >= 0x51 && op <= 0x7f && op != 0x78 && op != 0x79
                || op == 0xc2
                || op == 0xc6
                || op >= 0xd0 && op != 0xff;
    }

    private static Foreign threeA(Instruction i, int address) {
        int op = i.opcode;
        if (op >= 0x14 && op <= 0x17) {
            return new Foreign(address, i.mod == 3 ? register(i.rm) : 0, false, false);
        }
        if (op == 0x20 || op == 0x22) {
            return new Foreign(address | register(i.rm), 0, false, false);
        }
        boolean plain = op < 0x60 || op == 0xcc || op == 0xdf;
        return plain ? new Foreign(address, 0, false, false) : ANYTHING;
    }

    /** Halves of vector registers that an operation may touch, as {@link VectorForm} has them. */
    static int vectors(Instruction i) {
        if (i.map == Instruction.MAP_ONE_BYTE) {
            return 0;
        }
        if (!vectorMap(i)) {
            return -1;
        }
        // XMM0 is an operand that some instructions do not name.
        return 3 | 3 << 2 * i.reg | 3 << 2 * i.rm;
    }

    private static boolean vectorMap(Instruction i) {
        return i.map == Instruction.MAP_0F38
                || i.map == Instruction.MAP_0F3A
                || i.map == Instruction.MAP_0F
                        && (vector(i.opcode) || !ANYTHING.equals(twoByte(i, 0)));
    }

    private static int register(int n) {
        return n < 16 ? 1 << n : 0;
    }

    /** Whether it leaves alone everything but vector registers and the like. */
    boolean quiet() {
        return writes == 0 && !writesFlags;
    }
}
