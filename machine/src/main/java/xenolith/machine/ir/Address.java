package xenolith.machine.ir;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;

/**
 * A memory operand: computes its linear address. In 64-bit mode that is one sum without branches,
 * because absent parts name {@link Cpu#zero}; nor are there in flat 32-bit segments. Others are
 * checked by {@link LimitedAddress}.
 */
public class Address {
    private final int base;
    private final int index;
    private final int scale;
    private final long displacement;
    private final int segmentBase;

    /** Cuts the offset to the address size: -1, 0xffffffff or 0xffff. */
    private final long offsetMask;

    /** Cuts the linear address: -1 in 64-bit mode, else 0xffffffff. */
    private final long linearMask;

    /** Index as in {@code Segment}. */
    private final int segment;

    private final boolean longMode;

    /** The memory operand of {@code i}. */
    public static Address at(Instruction i) {
        return LimitedAddress.needed(i) ? new LimitedAddress(i) : new Address(i);
    }

    Address(Instruction i) {
        this.base = i.base;
        this.index = i.index;
        this.scale = i.scale;
        this.displacement = i.displacement;
        this.longMode = i.mode == Cpu.MODE_64;
        this.segment = i.segment;
        boolean flat = longMode && segment != Segment.FS && segment != Segment.GS;
        this.segmentBase = flat ? Cpu.ZERO : Cpu.SEGMENT_BASE + segment;
        this.offsetMask = mask(i.addressSize);
        this.linearMask = longMode ? -1L : 0xffff_ffffL;
    }

    private static long mask(int addressSize) {
        return addressSize == 8 ? -1L : addressSize == 4 ? 0xffff_ffffL : 0xffffL;
    }

    /** The linear address. */
    public long of(Cpu cpu) {
        return (cpu.get(base) + (cpu.get(index) << scale) + displacement & offsetMask)
                        + cpu.get(segmentBase)
                & linearMask;
    }

    /** The segment, an index of {@code Segment}. */
    int segment() {
        return segment;
    }

    /** The linear address with {@code delta} added to the offset before it is cut to size (BT). */
    public long of(Cpu cpu, long delta) {
        return (cpu.get(base) + (cpu.get(index) << scale) + displacement + delta & offsetMask)
                        + cpu.get(segmentBase)
                & linearMask;
    }

    /** The offset alone, as LEA gives it. */
    public long offset(Cpu cpu) {
        return offset(cpu, 0);
    }

    /** The offset with {@code delta} added before it is cut to size. */
    long offset(Cpu cpu, long delta) {
        return cpu.get(base) + (cpu.get(index) << scale) + displacement + delta & offsetMask;
    }

    /** Whether the operand lies in the stack segment, which turns its #GP into #SS. */
    public boolean stack() {
        return segment == Segment.SS;
    }
}
