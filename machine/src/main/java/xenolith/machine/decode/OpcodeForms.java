package xenolith.machine.decode;

/**
 * What follows an opcode byte, one letter an opcode, a line for each sixteen (SDM volume 2,
 * appendix A; APM volume 3, appendix A).
 */
final class OpcodeForms {
    /** Nothing follows. */
    static final char PLAIN = '.';

    /** No such instruction. */
    static final char UNDEFINED = '-';

    /** A ModRM byte with what it asks for. */
    static final char MODRM = 'm';

    /** ModRM, then an immediate byte. */
    static final char MODRM_BYTE = 'n';

    /** ModRM, then an immediate of the operand size, at most four bytes. */
    static final char MODRM_SIZED = 'o';

    /** An immediate byte. */
    static final char BYTE = 'b';

    /** An immediate of two bytes. */
    static final char WORD = 'w';

    /** An immediate of the operand size, at most four bytes. */
    static final char SIZED = 'z';

    /** An immediate of the operand size, up to eight bytes. */
    static final char FULL = 'v';

    /** An offset of the address size. */
    static final char OFFSET = 'a';

    /** A far pointer. */
    static final char FAR = 'p';

    /** ENTER: two bytes and one byte. */
    static final char ENTER = 'e';

    /** Group 3: ModRM, then for TEST a byte (F6) or an immediate of the operand size (F7). */
    static final char GROUP3_BYTE = 't';

    static final char GROUP3_SIZED = 'u';

    /** ModRM that names registers whatever its mod field says: control and debug registers. */
    static final char REGISTERS = 'c';

    /** ModRM that must name memory outside 64-bit mode; there is no such instruction in it. */
    static final char MEMORY_NOT_64 = 'l';

    /** POP of a ModRM operand: group 1A, whose other members do not exist. */
    static final char GROUP1A = 'g';

    /** A legacy prefix; outside 64-bit mode also the bytes 40 to 4F are no prefixes. */
    static final char PREFIX = 'x';

    /** The way to the next map. */
    static final char ESCAPE = 's';

    private static final String ONE_BYTE =
            "mmmmbz..mmmmbz.s" // 00
                    + "mmmmbz..mmmmbz.." // 10
                    + "mmmmbzx.mmmmbzx." // 20
                    + "mmmmbzx.mmmmbzx." // 30
                    + "................" // 40
                    + "................" // 50
                    + "..lmxxxxzobn...." // 60
                    + "bbbbbbbbbbbbbbbb" // 70
                    + "nonnmmmmmmmmmmmg" // 80
                    + "..........p....." // 90
                    + "aaaa....bz......" // A0
                    + "bbbbbbbbvvvvvvvv" // B0
                    + "nnw.llnoe.w..b.." // C0
                    + "mmmmbb..mmmmmmmm" // D0
                    + "bbbbbbbbzzpb...." // E0
                    + "x.xx..tu......mm"; // F0

    private static final String MAP_0F =
            "mmmm-.....-.-m--" // 00
                    + "mmmmmmmmmmmmmmmm" // 10
                    + "cccc----mmmmmmmm" // 20
                    + "......-.s-s-----" // 30
                    + "mmmmmmmmmmmmmmmm" // 40
                    + "mmmmmmmmmmmmmmmm" // 50
                    + "mmmmmmmmmmmmmmmm" // 60
                    + "nnnnmmm.mm--mmmm" // 70
                    + "zzzzzzzzzzzzzzzz" // 80
                    + "mmmmmmmmmmmmmmmm" // 90
                    + "...mnm--...mnmmm" // A0
                    + "mmmmmmmmmmnmmmmm" // B0
                    + "mmnmnnnm........" // C0
                    + "mmmmmmmmmmmmmmmm" // D0
                    + "mmmmmmmmmmmmmmmm" // E0
                    + "mmmmmmmmmmmmmmmm"; // F0

    private OpcodeForms() {}

    /** The letter for {@code opcode} (0 to 255) of {@code map}. */
    static char form(int map, int opcode) {
        return switch (map) {
            case Instruction.MAP_ONE_BYTE -> ONE_BYTE.charAt(opcode);
            case Instruction.MAP_0F -> MAP_0F.charAt(opcode);
            case Instruction.MAP_0F38, Instruction.MAP_VEX_0F38 -> MODRM;
            case Instruction.MAP_VEX_0F -> vex(opcode);
            default -> MODRM_BYTE;
        };
    }

    private static char vex(int opcode) {
        return switch (opcode) {
            case 0x77 -> PLAIN;
            case 0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6 -> MODRM_BYTE;
            default -> MODRM;
        };
    }

    /** Whether 64-bit mode has no {@code opcode} of the one-byte map. */
    static boolean missingIn64(int opcode) {
        return switch (opcode) {
            case 0x06, 0x07, 0x0e, 0x16, 0x17, 0x1e, 0x1f, 0x27, 0x2f, 0x37, 0x3f -> true;
            case 0x60, 0x61, 0x62, 0x82, 0x9a, 0xc4, 0xc5, 0xce, 0xd4, 0xd5, 0xd6, 0xea -> true;
            default -> false;
        };
    }

    /** Whether the operands of {@code opcode} are 8 bytes in 64-bit mode without REX.W. */
    static boolean longByDefault(int map, int opcode, int reg) {
        if (map == Instruction.MAP_0F) {
            return switch (opcode) {
                case 0xa0, 0xa1, 0xa8, 0xa9 -> true;
                default -> opcode >>> 4 == 8;
            };
        }
        if (map != Instruction.MAP_ONE_BYTE) {
            return false;
        }
        int group = reg & 7;
        return switch (opcode) {
            case 0x68, 0x6a, 0x8f, 0x9c, 0x9d, 0xc2, 0xc3, 0xc8, 0xc9 -> true;
            case 0xe0, 0xe1, 0xe2, 0xe3, 0xe8, 0xe9, 0xeb -> true;
            case 0xff -> group == 2 || group == 4 || group == 6;
            default -> opcode >>> 4 == 5 || opcode >>> 4 == 7;
        };
    }

    /** Whether a LOCK prefix may precede {@code i} (SDM volume 2, LOCK): it modifies memory. */
    static boolean lockable(Instruction i) {
        if (i.map == Instruction.MAP_0F && form(i.map, i.opcode) == REGISTERS) {
            return true;
        }
        if (!i.memory()) {
            return false;
        }
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE -> lockableOneByte(i.opcode, i.reg & 7);
            case Instruction.MAP_0F -> lockable0F(i.opcode, i.reg & 7);
            default -> false;
        };
    }

    private static boolean lockableOneByte(int opcode, int group) {
        return switch (opcode) {
            case 0x80, 0x81, 0x82, 0x83 -> group != 7;
            case 0xf6, 0xf7 -> group == 2 || group == 3;
            case 0xfe, 0xff -> group < 2;
            case 0x86, 0x87 -> true;
            // ADD, OR, ADC, SBB, AND, SUB, XOR to memory, but not CMP.
            default -> opcode < 0x38 && (opcode & 6) == 0;
        };
    }

    private static boolean lockable0F(int opcode, int group) {
        return switch (opcode) {
            case 0xab, 0xb0, 0xb1, 0xb3, 0xbb, 0xc0, 0xc1 -> true;
            case 0xba -> group >= 5;
            case 0xc7 -> group == 1;
            default -> false;
        };
    }
}
