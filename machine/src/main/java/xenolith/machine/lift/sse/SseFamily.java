package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** The door of this room. */
public final class SseFamily {
    private SseFamily() {}

    /** The operation of {@code i}, or null if it is not of this family or undefined. */
    public static @Nullable Op lift(Instruction i) {
        if (i.lock || i.map == Instruction.MAP_ONE_BYTE) {
            return null;
        }
        Op op = PackedInteger.lift(i);
        if (op == null) {
            op = Shuffles.lift(i);
        }
        if (op == null) {
            op = Fields.lift(i);
        }
        if (op == null) {
            op = Mmx.lift(i);
        }
        if (op == null) {
            op = moves(i);
        }
        if (op == null) {
            op = Crypto.lift(i);
        }
        return op != null ? op : FloatFamily.lift(i);
    }

    private static @Nullable Op moves(Instruction i) {
        Op op = FullMoves.lift(i);
        if (op != null || i.map != Instruction.MAP_0F) {
            return op != null || i.map != Instruction.MAP_0F3A ? op : StringOps.lift(i);
        }
        op = PartialMoves.lift(i);
        return op != null ? op : Exchange.lift(i);
    }
}
