package xenolith.machine.lift.sse;

import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Arrange;
import xenolith.machine.alu.simd.Lanes;
import xenolith.machine.alu.simd.Products;
import xenolith.machine.decode.Instruction;

/** Packed integer instructions that do the same to every 64-bit half, by opcode. */
final class IntegerTable {
    private IntegerTable() {}

    /** The meaning that MMX and XMM forms share, or null. */
    static @Nullable LongBinaryOperator shared(int map, int opcode) {
        return switch (map) {
            case Instruction.MAP_0F -> opcode < 0xd8 ? low0f(opcode) : high0f(opcode);
            case Instruction.MAP_0F38 -> shared38(opcode);
            default -> null;
        };
    }

    private static @Nullable LongBinaryOperator low0f(int opcode) {
        return switch (opcode) {
            case 0x64 -> Lanes::pcmpgtb;
            case 0x65 -> Lanes::pcmpgtw;
            case 0x66 -> Lanes::pcmpgtd;
            case 0x74 -> Lanes::pcmpeqb;
            case 0x75 -> Lanes::pcmpeqw;
            case 0x76 -> Lanes::pcmpeqd;
            case 0xd4 -> Lanes::paddq;
            case 0xd5 -> Products::pmullw;
            default -> null;
        };
    }

    private static @Nullable LongBinaryOperator high0f(int opcode) {
        return switch (opcode) {
            case 0xd8 -> Lanes::psubusb;
            case 0xd9 -> Lanes::psubusw;
            case 0xda -> Lanes::pminub;
            case 0xdb -> Lanes::pand;
            case 0xdc -> Lanes::paddusb;
            case 0xdd -> Lanes::paddusw;
            case 0xde -> Lanes::pmaxub;
            case 0xdf -> Lanes::pandn;
            case 0xe0 -> Lanes::pavgb;
            case 0xe3 -> Lanes::pavgw;
            case 0xe4 -> Products::pmulhuw;
            case 0xe5 -> Products::pmulhw;
            case 0xe8 -> Lanes::psubsb;
            case 0xe9 -> Lanes::psubsw;
            case 0xea -> Lanes::pminsw;
            case 0xeb -> Lanes::por;
            case 0xec -> Lanes::paddsb;
            case 0xed -> Lanes::paddsw;
            case 0xee -> Lanes::pmaxsw;
            case 0xef -> Lanes::pxor;
            case 0xf4 -> Products::pmuludq;
            case 0xf5 -> Products::pmaddwd;
            case 0xf6 -> Products::psadbw;
            case 0xf8 -> Lanes::psubb;
            case 0xf9 -> Lanes::psubw;
            case 0xfa -> Lanes::psubd;
            case 0xfb -> Lanes::psubq;
            case 0xfc -> Lanes::paddb;
            case 0xfd -> Lanes::paddw;
            case 0xfe -> Lanes::paddd;
            default -> null;
        };
    }

    private static @Nullable LongBinaryOperator shared38(int opcode) {
        return switch (opcode) {
            case 0x04 -> Products::pmaddubsw;
            case 0x08 -> Lanes::psignb;
            case 0x09 -> Lanes::psignw;
            case 0x0a -> Lanes::psignd;
            case 0x0b -> Products::pmulhrsw;
            case 0x1c -> Lanes::pabsb;
            case 0x1d -> Lanes::pabsw;
            case 0x1e -> Lanes::pabsd;
            default -> null;
        };
    }

    /** The meaning of SSE4's instructions of map 0F 38, which have no MMX form, or null. */
    static @Nullable LongBinaryOperator xmmOnly38(int opcode) {
        return switch (opcode) {
            case 0x28 -> Products::pmuldq;
            case 0x29 -> Lanes::pcmpeqq;
            case 0x37 -> Lanes::pcmpgtq;
            case 0x38 -> Lanes::pminsb;
            case 0x39 -> Lanes::pminsd;
            case 0x3a -> Lanes::pminuw;
            case 0x3b -> Lanes::pminud;
            case 0x3c -> Lanes::pmaxsb;
            case 0x3d -> Lanes::pmaxsd;
            case 0x3e -> Lanes::pmaxuw;
            case 0x3f -> Lanes::pmaxud;
            case 0x40 -> Products::pmulld;
            default -> null;
        };
    }

    /**
     * Horizontal sums and packs: neighbours of the first operand give the low half, of the second
     * the high half. An XMM form does it with the two halves of each operand.
     */
    static @Nullable LongBinaryOperator folding(int map, int opcode) {
        if (map == Instruction.MAP_0F) {
            return switch (opcode) {
                case 0x63 -> Arrange::packsswb;
                case 0x67 -> Arrange::packuswb;
                case 0x6b -> Arrange::packssdw;
                default -> null;
            };
        }
        if (map != Instruction.MAP_0F38) {
            return null;
        }
        return switch (opcode) {
            case 0x01 -> Products::phaddw;
            case 0x02 -> Products::phaddd;
            case 0x03 -> Products::phaddsw;
            case 0x05 -> Products::phsubw;
            case 0x06 -> Products::phsubd;
            case 0x07 -> Products::phsubsw;
            default -> null;
        };
    }

    /** PUNPCKL of the lower half (0) and PUNPCKH (1): opcodes 60 to 62 and 68 to 6A, or null. */
    static @Nullable LongBinaryOperator interleave(int opcode, int half) {
        return switch (opcode & 3) {
            case 0 -> half == 0 ? Arrange::punpcklbw : Arrange::punpckhbw;
            case 1 -> half == 0 ? Arrange::punpcklwd : Arrange::punpckhwd;
            case 2 -> half == 0 ? Arrange::punpckldq : Arrange::punpckhdq;
            default -> null;
        };
    }

    /** Shifts by a 64-bit count, by the opcode of their register form, or null. */
    static @Nullable LongBinaryOperator shift(int opcode) {
        return switch (opcode) {
            case 0xd1 -> Lanes::psrlw;
            case 0xd2 -> Lanes::psrld;
            case 0xd3 -> Lanes::psrlq;
            case 0xe1 -> Lanes::psraw;
            case 0xe2 -> Lanes::psrad;
            case 0xf1 -> Lanes::psllw;
            case 0xf2 -> Lanes::pslld;
            case 0xf3 -> Lanes::psllq;
            default -> null;
        };
    }

    /** The opcode of the register form of a shift by an immediate (71 to 73), or -1. */
    static int shiftGroup(int opcode, int digit) {
        int row =
                switch (digit) {
                    case 2 -> 0xd0;
                    case 4 -> opcode == 0x73 ? -1 : 0xe0;
                    case 6 -> 0xf0;
                    default -> -1;
                };
        return row < 0 ? -1 : row + (opcode & 3);
    }
}
