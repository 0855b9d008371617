package xenolith.machine.decode;

import xenolith.machine.cpu.Cpu;

/**
 * The VEX prefix (SDM volume 2, 2.3.5): C5 with one byte or C4 with two, in place of REX, of the
 * mandatory prefix and of the escape bytes. Register fields in it are inverted.
 */
final class VexPrefix {
    static final int TWO_BYTES = 0xc5;
    static final int THREE_BYTES = 0xc4;

    private VexPrefix() {}

    /**
     * Whether C4 or C5 begins a VEX prefix in {@code mode} when {@code next} is behind it: outside
     * 64-bit mode it is LES or LDS, but where that would name a register.
     */
    static boolean begins(int mode, int next) {
        return mode == Cpu.MODE_64 || next >>> 6 == 3;
    }

    /** Whether the prefixes already in {@code i} make any VEX prefix #UD. */
    static boolean forbidden(Instruction i) {
        return i.rex != 0 || i.lock || i.prefix66 || i.rep || i.repne;
    }

    /** Takes the byte behind C5. */
    static void two(Instruction i, int payload) {
        i.map = Instruction.MAP_VEX_0F;
        extensions(i, ~payload >>> 5 & 4);
        last(i, payload);
    }

    /** Takes the two bytes behind C4. */
    static void three(Instruction i, int first, int second) throws DecodeException {
        i.map =
                switch (first & 0x1f) {
                    case 1 -> Instruction.MAP_VEX_0F;
                    case 2 -> Instruction.MAP_VEX_0F38;
                    case 3 -> Instruction.MAP_VEX_0F3A;
                    default -> throw DecodeException.UNDEFINED;
                };
        extensions(i, ~first >>> 5 & 7 | second >>> 4 & 8);
        last(i, second);
    }

    /** W, R, X and B, which only 64-bit mode has. */
    private static void extensions(Instruction i, int wrxb) {
        i.rex = i.mode == Cpu.MODE_64 ? wrxb : 0;
    }

    /** The vvvv, L and pp fields of the last payload byte. */
    private static void last(Instruction i, int payload) {
        i.vexRegister = ~payload >>> 3 & (i.mode == Cpu.MODE_64 ? 15 : 7);
        i.vexLength = payload >>> 2 & 1;
        i.prefix66 = (payload & 3) == 1;
        i.rep = (payload & 3) == 2;
        i.repne = (payload & 3) == 3;
    }
}
