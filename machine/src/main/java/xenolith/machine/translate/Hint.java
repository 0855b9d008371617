package xenolith.machine.translate;

import xenolith.machine.decode.Instruction;

/** Instructions without any effect: prefetches and long NOPs. */
final class Hint {
    private Hint() {}

    static boolean is(Instruction i) {
        return i.map == Instruction.MAP_0F
                && !i.lock
                && (i.opcode == 0x0d || i.opcode >= 0x18 && i.opcode <= 0x1f);
    }
}
