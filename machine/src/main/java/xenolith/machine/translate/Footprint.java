package xenolith.machine.translate;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/**
 * Which general registers an instruction may touch, as bits by number. Sets may be too large, never
 * too small.
 */
final class Footprint {
    private static final int RAX = 1 << Cpu.RAX;
    private static final int RCX = 1 << Cpu.RCX;
    private static final int RDX = 1 << Cpu.RDX;
    private static final int RSP = 1 << Cpu.RSP;
    private static final int RBP = 1 << Cpu.RBP;

    /** All registers. */
    static final int ALL = 0xffff;

    private Footprint() {}

    private static int bit(int n) {
        return n < 16 ? 1 << n : 0;
    }

    /** The registers of the memory operand. */
    static int address(Instruction i) {
        return i.hasModrm && i.mod != 3 ? bit(i.base) | bit(i.index) : 0;
    }

    /** What an instruction that a family or a branch translates reads or writes. */
    static int used(Instruction i) {
        VectorForm f = VectorForm.of(i);
        if (f != null) {
            return address(i) | f.generalRead(i) | f.generalWritten(i);
        }
        return address(i) | written(i) | operands(i) | implicit(i);
    }

    private static int operands(Instruction i) {
        int set = 0;
        if (i.hasModrm) {
            set |= isGroup(i) ? 0 : part(i, i.reg);
            set |= i.mod == 3 ? part(i, i.rm) : 0;
        }
        return set;
    }

    /** A byte register without REX may be the second byte of another one. */
    private static int part(Instruction i, int n) {
        return i.rex == 0 && n >= 4 && n < 8 ? bit(n) | bit(n - 4) : bit(n);
    }

    /** Whether the reg field selects the operation. */
    private static boolean isGroup(Instruction i) {
        if (i.map == Instruction.MAP_0F) {
            return i.opcode == 0xba || i.opcode >>> 4 == 9;
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return i.map == Instruction.MAP_VEX_0F38 && i.opcode == 0xf3;
        }
        return switch (i.opcode) {
            case 0x80,
                    0x81,
                    0x83,
                    0x8f,
                    0xc0,
                    0xc1,
                    0xc6,
                    0xc7,
                    0xd0,
                    0xd1,
                    0xd2,
                    0xd3,
                    0xf6,
                    0xf7,
                    0xfe,
                    0xff ->
                    true;
            default -> false;
        };
    }

    private static int implicit(Instruction i) {
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return i.map == Instruction.MAP_0F
                    ? implicitOfTwoByte(i)
                    : VexFamily.knows(i) ? VexFamily.registers(i) : 0;
        }
        if (StringFamily.knows(i)) {
            return StringFamily.registers(i);
        }
        if (i.opcode < 0x40) {
            return (i.opcode & 7) >= 4 ? RAX : 0;
        }
        return switch (i.opcode >>> 3) {
            case 10, 11 -> opcodeRegister(i) | RSP;
            case 18 -> opcodeRegister(i) | RAX;
            case 22, 23 -> opcodeRegister(i) | part(i, i.opcode & 7);
            default ->
                    switch (i.opcode) {
                        case 0x68, 0x6a, 0x9c, 0xc2, 0xc3, 0xe8, 0xff -> RSP;
                        case 0x98, 0x99, 0xf6, 0xf7 -> RAX | RDX;
                        case 0x9e, 0x9f, 0xa0, 0xa1, 0xa2, 0xa3, 0xa8, 0xa9 -> RAX;
                        case 0xc9 -> RSP | RBP;
                        case 0xd2, 0xd3 -> RCX;
                        default -> 0;
                    };
        };
    }

    private static int implicitOfTwoByte(Instruction i) {
        return switch (i.opcode) {
            case 0xa5, 0xad -> RCX;
            case 0xb0, 0xb1 -> RAX;
            default -> i.opcode >>> 3 == 0x19 ? opcodeRegister(i) : 0;
        };
    }

    private static int opcodeRegister(Instruction i) {
        return 1 << (i.opcode & 7 | (i.rex & 1) << 3);
    }

    /** What such an instruction writes. */
    static int written(Instruction i) {
        VectorForm f = VectorForm.of(i);
        if (f != null) {
            return f.generalWritten(i);
        }
        if (readsOnly(i)) {
            return 0;
        }
        return operands(i) | implicit(i);
    }

    private static boolean readsOnly(Instruction i) {
        if (i.map == Instruction.MAP_0F) {
            return i.opcode == 0xa3 || i.opcode >>> 4 == 8;
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return false;
        }
        return switch (i.opcode) {
            case 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x84, 0x85, 0xa8, 0xa9 -> true;
            case 0x80, 0x81, 0x83 -> (i.reg & 7) == 7;
            case 0x88, 0x89 -> i.memory();
            default -> false;
        };
    }
}
