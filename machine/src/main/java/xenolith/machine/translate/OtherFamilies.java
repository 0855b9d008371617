package xenolith.machine.translate;

import xenolith.machine.decode.Instruction;

/** The door to the families of instructions that are not among the most frequent. */
final class OtherFamilies {
    private OtherFamilies() {}

    static boolean knows(Instruction i) {
        return ExchangeFamily.knows(i)
                || BitFamily.knows(i)
                || VexFamily.knows(i)
                || FlagFamily.knows(i)
                || StringFamily.knows(i);
    }

    /** Emits {@code i}, which one of the families knows. */
    static void emit(Emitter e, Instruction i, boolean live) {
        if (ExchangeFamily.knows(i)) {
            ExchangeFamily.emit(e, i, live);
        } else if (BitFamily.knows(i)) {
            BitFamily.emit(e, i, live);
        } else if (VexFamily.knows(i)) {
            VexFamily.emit(e, i, live);
        } else if (FlagFamily.knows(i)) {
            FlagFamily.emit(e, i, live);
        } else {
            StringFamily.emit(e, i, live);
        }
    }
}
