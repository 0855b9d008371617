package xenolith.machine.translate;

import xenolith.machine.decode.Instruction;

/** Where an instruction of 64-bit mode goes, as far as the translator knows such instructions. */
enum Flow {
    /** To the next instruction, or out of the region by an operation that ends its block. */
    NEXT,
    JUMP,
    CONDITIONAL,
    CALL,
    RETURN,
    INDIRECT_JUMP,
    INDIRECT_CALL;

    static Flow of(Instruction i) {
        if (i.map == Instruction.MAP_0F) {
            return i.opcode >>> 4 == 8 ? CONDITIONAL : NEXT;
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return NEXT;
        }
        return switch (i.opcode) {
            case 0xe8 -> CALL;
            case 0xe9, 0xeb -> JUMP;
            case 0xc2, 0xc3 -> RETURN;
            case 0xff ->
                    switch (i.reg & 7) {
                        case 2 -> INDIRECT_CALL;
                        case 4 -> INDIRECT_JUMP;
                        default -> NEXT;
                    };
            default -> i.opcode >>> 4 == 7 ? CONDITIONAL : NEXT;
        };
    }

    /** Offset of the target of a direct branch. */
    static long target(Step s) {
        return s.next() + s.instruction().immediate;
    }
}
