package xenolith.machine.ir;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLimit;
import xenolith.machine.decode.Instruction;

/** A memory operand in a segment that may end, or not be what the instruction needs. */
final class LimitedAddress extends Address {
    private final int size;
    private final boolean write;

    LimitedAddress(Instruction i) {
        super(i);
        this.size = OperandAccess.size(i);
        this.write = OperandAccess.writes(i);
    }

    /** Whether the operand of {@code i} must be checked: in flat code CS, FS and GS still are. */
    static boolean needed(Instruction i) {
        int s = i.segment;
        boolean special = s == Segment.CS || s == Segment.FS || s == Segment.GS;
        return i.limited || special && i.mode != Cpu.MODE_64;
    }

    @Override
    public long of(Cpu cpu) {
        SegmentLimit.check(cpu, segment(), offset(cpu), size, write);
        return super.of(cpu);
    }

    @Override
    public long of(Cpu cpu, long delta) {
        SegmentLimit.check(cpu, segment(), offset(cpu, delta), size, write);
        return super.of(cpu, delta);
    }
}
