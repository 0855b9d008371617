package xenolith.machine.translate;

import java.lang.constant.ClassDesc;
import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Arrange;
import xenolith.machine.alu.simd.Lanes;
import xenolith.machine.alu.simd.Products;

/** Where the meanings of packed integer instructions are: methods of {@code alu.simd} by opcode. */
final class VectorNames {
    static final ClassDesc LANES = Names.desc(Lanes.class);
    static final ClassDesc PRODUCTS = Names.desc(Products.class);
    static final ClassDesc ARRANGE = Names.desc(Arrange.class);

    private VectorNames() {}

    /** The class that has method {@code name} of {@link #halves} or {@link #halves38}. */
    static ClassDesc owner(String name) {
        return switch (name) {
            case "pmullw",
                    "pmulhuw",
                    "pmulhw",
                    "pmuludq",
                    "pmaddwd",
                    "psadbw",
                    "pmaddubsw",
                    "pmulhrsw",
                    "pmuldq",
                    "pmulld" ->
                    PRODUCTS;
            default -> LANES;
        };
    }

    /** The method on each half for opcode 66 0F {@code op}. */
    static @Nullable String halves(int op) {
        return switch (op) {
            case 0x64 -> "pcmpgtb";
            case 0x65 -> "pcmpgtw";
            case 0x66 -> "pcmpgtd";
            case 0x74 -> "pcmpeqb";
            case 0x75 -> "pcmpeqw";
            case 0x76 -> "pcmpeqd";
            case 0xd4 -> "paddq";
            case 0xd5 -> "pmullw";
            case 0xd8 -> "psubusb";
            case 0xd9 -> "psubusw";
            case 0xda -> "pminub";
            case 0xdc -> "paddusb";
            case 0xdd -> "paddusw";
            case 0xde -> "pmaxub";
            default -> op < 0xe0 ? null : halvesHigh(op);
        };
    }

    private static @Nullable String halvesHigh(int op) {
        return switch (op) {
            case 0xe0 -> "pavgb";
            case 0xe3 -> "pavgw";
            case 0xe4 -> "pmulhuw";
            case 0xe5 -> "pmulhw";
            case 0xe8 -> "psubsb";
            case 0xe9 -> "psubsw";
            case 0xea -> "pminsw";
            case 0xec -> "paddsb";
            case 0xed -> "paddsw";
            case 0xee -> "pmaxsw";
            case 0xf4 -> "pmuludq";
            case 0xf5 -> "pmaddwd";
            case 0xf6 -> "psadbw";
            case 0xf8 -> "psubb";
            case 0xf9 -> "psubw";
            case 0xfa -> "psubd";
            case 0xfb -> "psubq";
            case 0xfc -> "paddb";
            case 0xfd -> "paddw";
            case 0xfe -> "paddd";
            default -> null;
        };
    }

    /** The method on each half for opcode 66 0F 38 {@code op}. */
    static @Nullable String halves38(int op) {
        return switch (op) {
            case 0x04 -> "pmaddubsw";
            case 0x08 -> "psignb";
            case 0x09 -> "psignw";
            case 0x0a -> "psignd";
            case 0x0b -> "pmulhrsw";
            case 0x1c -> "pabsb";
            case 0x1d -> "pabsw";
            case 0x1e -> "pabsd";
            case 0x28 -> "pmuldq";
            case 0x29 -> "pcmpeqq";
            case 0x37 -> "pcmpgtq";
            case 0x38 -> "pminsb";
            case 0x39 -> "pminsd";
            case 0x3a -> "pminuw";
            case 0x3b -> "pminud";
            case 0x3c -> "pmaxsb";
            case 0x3d -> "pmaxsd";
            case 0x3e -> "pmaxuw";
            case 0x3f -> "pmaxud";
            case 0x40 -> "pmulld";
            default -> null;
        };
    }

    /** Shifts by a 64-bit count, by the opcode of their register form. */
    static @Nullable String shift(int op) {
        return switch (op) {
            case 0xd1 -> "psrlw";
            case 0xd2 -> "psrld";
            case 0xd3 -> "psrlq";
            case 0xe1 -> "psraw";
            case 0xe2 -> "psrad";
            case 0xf1 -> "psllw";
            case 0xf2 -> "pslld";
            case 0xf3 -> "psllq";
            default -> null;
        };
    }
}
