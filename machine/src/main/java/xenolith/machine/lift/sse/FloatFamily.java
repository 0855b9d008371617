package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Floating-point arithmetic on XMM registers, by opcode. */
final class FloatFamily {
    private FloatFamily() {}

    static @Nullable Op lift(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_0F -> lift0f(i);
            case Instruction.MAP_0F3A -> i.selectingPrefix() == 0x66 ? FloatMixes.lift3a(i) : null;
            default -> null;
        };
    }

    private static @Nullable Op lift0f(Instruction i) {
        return switch (i.opcode) {
            case 0x51, 0x58, 0x59, 0x5c, 0x5e -> arithmetic(i);
            case 0x52, 0x53, 0x5d, 0x5f, 0xc2 -> other(i);
            case 0x2e, 0x2f -> FloatCompare.lift(i);
            case 0x7c, 0x7d, 0xd0 -> FloatMixes.lift0f(i);
            default -> FloatConvert.lift(i);
        };
    }

    private static Op arithmetic(Instruction i) {
        return switch (i.selectingPrefix()) {
            case 0 -> PackedSingle.lift(i);
            case 0x66 -> PackedDouble.lift(i);
            case 0xf3 -> ScalarSingle.lift(i);
            default -> ScalarDouble.lift(i);
        };
    }

    private static @Nullable Op other(Instruction i) {
        int prefix = i.selectingPrefix();
        boolean packed = prefix == 0 || prefix == 0x66;
        Ieee format = prefix == 0 || prefix == 0xf3 ? Ieee.SINGLE : Ieee.DOUBLE;
        return switch (i.opcode) {
            case 0x52, 0x53 -> format == Ieee.SINGLE ? FloatMixes.approximation(i, packed) : null;
            case 0x5d -> new FloatBinary(i, format, packed, Ieee::min);
            case 0x5f -> new FloatBinary(i, format, packed, Ieee::max);
            default -> {
                int predicate = (int) i.immediate & 7;
                long ones = format == Ieee.SINGLE ? 0xffff_ffffL : -1;
                yield new FloatBinary(
                        i,
                        format,
                        packed,
                        (f, a, b, s) -> f.predicate(predicate, a, b, s) ? ones : 0);
            }
        };
    }
}
