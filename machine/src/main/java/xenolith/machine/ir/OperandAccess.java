package xenolith.machine.ir;

import xenolith.machine.decode.Instruction;

/**
 * How many bytes of its memory operand an instruction accesses, and whether it writes them: what
 * segment limits need to know ahead of the access (SDM volume 2).
 */
final class OperandAccess {
    private static final int X87_ENVIRONMENT = 28;
    private static final int X87_STATE = 108;

    private OperandAccess() {}

    /** Bytes of the memory operand. */
    static int size(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE -> oneByteSize(i);
            case Instruction.MAP_0F -> map0FSize(i);
            case Instruction.MAP_0F38 -> map0F38Size(i);
            case Instruction.MAP_0F3A -> map0F3ASize(i);
            default -> i.vexLength == 0 ? 16 : 32;
        };
    }

    /** Whether the memory operand is written. */
    static boolean writes(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE -> oneByteWrites(i);
            case Instruction.MAP_0F -> map0FWrites(i);
            case Instruction.MAP_0F38 -> i.opcode == 0xf1 && !i.repne;
            case Instruction.MAP_0F3A -> i.opcode >= 0x14 && i.opcode <= 0x17;
            default -> false;
        };
    }

    // ---- one byte -----------------------------------------------------------------------------

    private static int oneByteSize(Instruction i) {
        int opcode = i.opcode;
        int full = i.operandSize;
        return switch (opcode) {
            case 0x62 -> 2 * full;
            case 0x63, 0x8c, 0x8e -> 2;
            case 0x69, 0x6b, 0x8f -> full;
            case 0xc4, 0xc5 -> full + 2;
            case 0xd7 -> 1;
            case 0xff -> (i.reg & 7) == 3 || (i.reg & 7) == 5 ? full + 2 : full;
            default ->
                    opcode >= 0xd8 && opcode <= 0xdf
                            ? x87Size(opcode & 7, i.reg & 7)
                            : (opcode & 1) == 0 ? 1 : full;
        };
    }

    private static boolean oneByteWrites(Instruction i) {
        int opcode = i.opcode;
        int reg = i.reg & 7;
        if (opcode < 0x38) {
            return (opcode & 7) < 2;
        }
        return switch (opcode) {
            case 0x63, 0x86, 0x87, 0x88, 0x89, 0x8c, 0x8f, 0xa2, 0xa3 -> true;
            case 0x80, 0x81, 0x82, 0x83 -> reg != 7;
            case 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3 -> true;
            case 0xf6, 0xf7 -> reg == 2 || reg == 3;
            case 0xfe, 0xff -> reg < 2;
            default -> opcode >= 0xd8 && opcode <= 0xdf && x87Writes(opcode & 7, reg);
        };
    }

    private static int x87Size(int opcode, int reg) {
        return switch (opcode) {
            case 1 -> reg < 4 ? 4 : reg == 4 || reg == 6 ? X87_ENVIRONMENT : 2;
            case 3 -> reg < 4 ? 4 : 10;
            case 4 -> 8;
            case 5 -> reg < 4 ? 8 : reg == 7 ? 2 : X87_STATE;
            case 6 -> 2;
            case 7 -> reg < 4 ? 2 : (reg & 1) == 0 ? 10 : 8;
            default -> 4;
        };
    }

    private static boolean x87Writes(int opcode, int reg) {
        return switch (opcode) {
            case 1 -> reg == 2 || reg == 3 || reg >= 6;
            case 3 -> reg >= 1 && reg <= 3 || reg == 7;
            case 5 -> reg >= 1 && reg <= 3 || reg >= 6;
            case 7 -> reg >= 1 && reg <= 3 || reg >= 6;
            default -> false;
        };
    }

    // ---- 0F -----------------------------------------------------------------------------------

    private static int map0FSize(Instruction i) {
        int opcode = i.opcode;
        int full = i.operandSize;
        int reg = i.reg & 7;
        if (opcode >= 0x40 && opcode < 0x50 || opcode >= 0xa0 && opcode < 0xc0) {
            return integerSize(i);
        }
        if (opcode >= 0x90 && opcode < 0xa0) {
            return 1;
        }
        return switch (opcode) {
            case 0x00, 0x02, 0x03 -> 2;
            case 0x01 -> reg < 4 ? 6 : 2;
            case 0x0d, 0x18, 0x1f -> 1;
            case 0xc0 -> 1;
            case 0xc1, 0xc3 -> full;
            case 0xc4 -> 2;
            case 0xc7 -> reg == 1 ? 2 * Math.max(4, full) : full;
            default -> vectorSize(i);
        };
    }

    private static int integerSize(Instruction i) {
        return switch (i.opcode) {
            case 0xae -> (i.reg & 7) < 2 ? 512 : (i.reg & 7) < 4 ? 4 : 1;
            case 0xb0, 0xb6, 0xbe -> 1;
            case 0xb7, 0xbf -> 2;
            case 0xb2, 0xb4, 0xb5 -> i.operandSize + 2;
            default -> i.operandSize;
        };
    }

    /** SSE and MMX: by the prefix that selects the form, and by where it moves half a register. */
    private static int vectorSize(Instruction i) {
        int prefix = i.selectingPrefix();
        return switch (i.opcode) {
            case 0x12, 0x13, 0x16, 0x17, 0xd6 -> 8;
            case 0x2a -> prefix == 0xf3 || prefix == 0xf2 ? i.operandSize : 8;
            case 0x2c, 0x2d -> prefix == 0xf3 ? 4 : 8;
            case 0x2e, 0x2f -> prefix == 0x66 ? 8 : 4;
            case 0x5a -> prefix == 0xf3 ? 4 : prefix == 0x66 ? 16 : 8;
            case 0x6e -> 4;
            case 0x7e -> prefix == 0xf3 ? 8 : 4;
            case 0xe6 -> prefix == 0xf3 ? 8 : 16;
            case 0x6f, 0x7f, 0x70, 0xf0 -> prefix == 0 ? 8 : 16;
            default -> vectorSize(i.opcode, prefix);
        };
    }

    private static int vectorSize(int opcode, int prefix) {
        if (prefix == 0xf3 || prefix == 0xf2) {
            return prefix == 0xf3 ? 4 : 8;
        }
        boolean mmx = opcode >= 0x60 && opcode < 0x80 || opcode >= 0xd0;
        return mmx && prefix == 0 ? 8 : 16;
    }

    private static boolean map0FWrites(Instruction i) {
        int reg = i.reg & 7;
        int opcode = i.opcode;
        if (opcode >= 0x90 && opcode < 0xa0) {
            return true;
        }
        return switch (opcode) {
            case 0x00 -> reg < 2;
            case 0x01 -> reg < 2 || reg == 4;
            case 0x11, 0x13, 0x17, 0x29, 0x2b, 0x7f, 0xd6, 0xe7 -> true;
            case 0x7e -> !i.rep;
            case 0xa4, 0xa5, 0xac, 0xad, 0xab, 0xb3, 0xbb, 0xb0, 0xb1, 0xc0, 0xc1, 0xc3 -> true;
            case 0xae -> reg == 0 || reg == 3 || reg == 4;
            case 0xba -> reg > 4;
            case 0xc7 -> reg == 1;
            default -> false;
        };
    }

    // ---- 0F 38 and 0F 3A ----------------------------------------------------------------------

    private static int map0F38Size(Instruction i) {
        return switch (i.opcode) {
            case 0x20, 0x23, 0x25, 0x30, 0x33, 0x35 -> 8;
            case 0x21, 0x24, 0x31, 0x34 -> 4;
            case 0x22, 0x32 -> 2;
            case 0xf0 -> i.repne ? 1 : i.operandSize;
            case 0xf1 -> i.operandSize;
            default -> i.prefix66 ? 16 : i.opcode < 0x20 ? 8 : 16;
        };
    }

    private static int map0F3ASize(Instruction i) {
        return switch (i.opcode) {
            case 0x14, 0x20 -> 1;
            case 0x15 -> 2;
            case 0x16, 0x17, 0x21, 0x22, 0x0a -> 4;
            case 0x0b -> 8;
            default -> i.prefix66 ? 16 : 8;
        };
    }
}
