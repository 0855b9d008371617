package xenolith.machine.translate;

import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/**
 * One instruction of a region.
 *
 * @param instruction decoded so that offsets count from the region's base
 * @param op what the interpreter would run; its {@code Cpu.BLOCK} is the region's base
 * @param offset of its first byte from the region's base
 */
record Step(Instruction instruction, Op op, int offset) {
    /** Offset of the following instruction. */
    int next() {
        return offset + instruction.length;
    }
}
