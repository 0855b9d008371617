package xenolith.machine.lift.system;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** The door of this room. */
public final class SystemFamily {
    private SystemFamily() {}

    /** The operation of {@code i}, or null if it is not of this family or undefined. */
    public static @Nullable Op lift(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE -> oneByte(i);
            case Instruction.MAP_0F -> map0F(i);
            default -> null;
        };
    }

    private static @Nullable Op oneByte(Instruction i) {
        Op op =
                switch (i.opcode) {
                    // Ports, and HLT: there is no task state segment with a permission map.
                    case 0x6c, 0x6d, 0x6e, 0x6f, 0xf4 -> SystemOp.privileged(i);
                    case 0xe4, 0xe5, 0xe6, 0xe7 -> SystemOp.privileged(i);
                    case 0xec, 0xed, 0xee, 0xef -> SystemOp.privileged(i);
                    // NOP and PAUSE; with REX.B it is an exchange.
                    case 0x90 -> (i.rex & 1) == 0 ? SystemOp.nothing(i) : null;
                    default -> StringFamily.lift(i);
                };
        if (op == null) {
            op = SegmentFamily.oneByte(i);
        }
        return op != null ? op : InterruptFamily.oneByte(i);
    }

    private static @Nullable Op map0F(Instruction i) {
        Op op =
                switch (i.opcode) {
                    case 0x05 -> InterruptFamily.syscall(i);
                    case 0x34 -> InterruptFamily.sysenter(i);
                    default -> SegmentFamily.map0F(i);
                };
        return op != null ? op : ControlFamily.map0F(i);
    }
}
