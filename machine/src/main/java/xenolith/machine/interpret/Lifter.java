package xenolith.machine.interpret;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;

/** Instructions to operations: asks the families in turn. */
public final class Lifter {
    private Lifter() {}

    /** The operation of {@code i}, or null where this processor has no such instruction (#UD). */
    public static @Nullable Op lift(Instruction i) {
        return null;
    }
}
