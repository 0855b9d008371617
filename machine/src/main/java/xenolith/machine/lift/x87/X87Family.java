package xenolith.machine.lift.x87;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** The door of this room. */
public final class X87Family {
    private X87Family() {}

    /** The operation of {@code i}, or null if it is not of this family or undefined. */
    public static @Nullable Op lift(Instruction i) {
        return null;
    }
}
