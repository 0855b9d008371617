package xenolith.machine.lift;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;
import xenolith.machine.lift.integer.IntegerFamily;
import xenolith.machine.lift.sse.SseFamily;
import xenolith.machine.lift.system.SystemFamily;
import xenolith.machine.lift.x87.X87Family;

/** Instructions to operations: asks the families in turn. */
public final class Lifter {
    private Lifter() {}

    /** The operation of {@code i}, or null where this processor has no such instruction (#UD). */
    public static @Nullable Op lift(Instruction i) {
        Op op = IntegerFamily.lift(i);
        if (i.vex()) {
            return op;
        }
        if (op == null) {
            op = SystemFamily.lift(i);
        }
        if (op == null) {
            op = SseFamily.lift(i);
        }
        return op != null ? op : X87Family.lift(i);
    }
}
