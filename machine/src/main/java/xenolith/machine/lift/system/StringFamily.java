package xenolith.machine.lift.system;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** String instructions of the one-byte map. */
final class StringFamily {
    private StringFamily() {}

    static @Nullable Op lift(Instruction i) {
        return switch (i.opcode) {
            case 0xa4, 0xa5 -> new Movs(new StringForm(i));
            case 0xa6, 0xa7 -> new StringCompare(new StringForm(i), false);
            case 0xaa, 0xab -> new Stos(new StringForm(i));
            case 0xac, 0xad -> new Lods(new StringForm(i));
            case 0xae, 0xaf -> new StringCompare(new StringForm(i), true);
            default -> null;
        };
    }
}
