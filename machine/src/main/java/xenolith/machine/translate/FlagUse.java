package xenolith.machine.translate;

import xenolith.machine.decode.Instruction;

/** What instructions have to do with the arithmetic flags, for finding those that nobody sees. */
final class FlagUse {
    private FlagUse() {}

    /** Whether {@code s} writes all six flags and reads none. */
    static boolean overwrites(Step s) {
        Instruction i = s.instruction();
        if (BitFamily.knows(i) && BitFamily.overwritesFlags(i)
                || VexFamily.knows(i) && VexFamily.overwritesFlags(i)) {
            return true;
        }
        if (i.map != Instruction.MAP_ONE_BYTE || i.lock) {
            return false;
        }
        if (i.opcode < 0x40) {
            int kind = i.opcode >>> 3;
            return (i.opcode & 7) < 6 && kind != 2 && kind != 3;
        }
        int kind = i.reg & 7;
        return switch (i.opcode) {
            case 0x80, 0x81, 0x83 -> kind != 2 && kind != 3;
            case 0x84, 0x85, 0xa8, 0xa9 -> true;
            case 0xf6, 0xf7 -> kind < 2 || kind == 3;
            case 0xc0, 0xc1, 0xd0, 0xd1 -> kind >= 4 && ShiftFamily.knows(i);
            default -> false;
        };
    }

    /**
     * Whether {@code s} writes some flags and keeps others, and cannot be left before its end: if
     * nobody sees the flags behind it, nobody sees those before it.
     */
    static boolean passes(Step s) {
        Instruction i = s.instruction();
        if (i.memory() || i.lock) {
            return false;
        }
        if (i.map == Instruction.MAP_0F) {
            return switch (i.opcode) {
                case 0xaf -> true;
                case 0xa3, 0xab, 0xb3, 0xba, 0xbb -> ShiftFamily.knows(i);
                default -> false;
            };
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return false;
        }
        int kind = i.reg & 7;
        return switch (i.opcode) {
            case 0x69, 0x6b -> true;
            case 0xfe, 0xff -> kind < 2;
            case 0xf7 -> (kind == 4 || kind == 5) && i.operandSize >= 4;
            // RCL and RCR read CF.
            case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3 ->
                    kind != 2 && kind != 3 && ShiftFamily.knows(i);
            default -> false;
        };
    }

    /**
     * Whether {@code s} neither reads nor writes flags and cannot be left before its end, so that
     * nobody can look.
     */
    static boolean silent(Step s) {
        Instruction i = s.instruction();
        VectorForm f = VectorForm.of(i);
        if (f != null) {
            return !i.memory() && !f.floating() && f.shape() != VectorForm.Shape.TEST;
        }
        if (i.map == Instruction.MAP_0F) {
            return !i.memory() && MoveFamily.knows(i) && i.opcode >= 0xb6 || Hint.is(i);
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return !i.memory() && VexFamily.knows(i) && !VexFamily.overwritesFlags(i);
        }
        return switch (i.opcode) {
            case 0x8d, 0x90, 0x98, 0x99 -> MoveFamily.knows(i);
            case 0x63, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0xc6, 0xc7 ->
                    !i.memory() && MoveFamily.knows(i);
            default -> i.opcode >>> 4 == 0xb || i.opcode > 0x90 && i.opcode < 0x98;
        };
    }
}
