package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLimit;

/** The stack of the present mode, seen from RSP. Nothing here moves RSP but {@link #move}. */
final class StackAccess {
    private StackAccess() {}

    /** Reads {@code size} bytes {@code offset} bytes above the top. */
    static long read(Cpu cpu, long offset, int size) {
        return cpu.mmu.readStack(address(cpu, offset, size), size);
    }

    /** Writes {@code size} bytes {@code offset} bytes above the top. */
    static void write(Cpu cpu, long offset, int size, long value) {
        cpu.mmu.writeStack(address(cpu, offset, size), size, value);
    }

    private static long mask(int width) {
        return width == 4 ? 0xffff_ffffL : 0xffffL;
    }

    /** Adds {@code delta} to the stack pointer. */
    static void move(Cpu cpu, long delta) {
        Place.setRegister(cpu, Cpu.RSP, width(cpu), cpu.rsp + delta);
    }

    /** Width of the stack pointer in bytes. */
    static int width(Cpu cpu) {
        if (cpu.mode == Cpu.MODE_64) {
            return 8;
        }
        return cpu.segments[Segment.SS].big() ? 4 : 2;
    }

    private static long address(Cpu cpu, long offset, int size) {
        long at = cpu.rsp + offset;
        if (cpu.mode >= Cpu.MODE_16) {
            SegmentLimit.check(cpu, Segment.SS, at & mask(width(cpu)), size, false);
        }
        return switch (width(cpu)) {
            case 8 -> at;
            case 4 -> (at & 0xffff_ffffL) + cpu.segmentBase(Segment.SS) & 0xffff_ffffL;
            default -> (at & 0xffff) + cpu.segmentBase(Segment.SS) & 0xffff_ffffL;
        };
    }
}
