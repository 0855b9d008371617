package xenolith.machine.cpu;

import xenolith.abi.x86.Vector;

/**
 * What segments allow outside 64-bit mode: limits, and reading and writing by type (SDM volume 3,
 * 5.3 to 5.5).
 */
public final class SegmentLimit {
    private static final long END = 0xffff_ffffL;
    private static final int DATA_WRITABLE = 0x12;
    private static final int EXPAND_DOWN = 4;
    private static final int CODE = 8;
    private static final int READABLE_CODE = 2;

    private SegmentLimit() {}

    /** Whether {@code s} with {@code base} is 4 GiB of writable data from 0 on. */
    static boolean flatData(Segment s, long base) {
        return base == 0
                && s.usable
                && s.limit == END
                && (s.attributes & (DATA_WRITABLE | EXPAND_DOWN | CODE)) == DATA_WRITABLE;
    }

    /** Whether code in {@code s} with {@code base} may be anywhere in 4 GiB. */
    static boolean flatCode(Segment s, long base) {
        return base == 0 && s.limit == END;
    }

    /**
     * Throws #GP(0), or #SS(0) for SS, unless {@code size} bytes at {@code offset} (32 bits) may be
     * accessed through {@code segment} (an index of {@link Segment}).
     */
    public static void check(Cpu cpu, int segment, long offset, int size, boolean write) {
        Segment s = cpu.segments[segment];
        boolean code = (s.attributes & CODE) != 0;
        boolean allowed =
                s.usable
                        && (write
                                ? !code && (s.attributes & 2) != 0
                                : !code || (s.attributes & READABLE_CODE) != 0);
        if (!allowed || !within(s, code, offset, offset + size - 1)) {
            throw cpu.fault(segment == Segment.SS ? Vector.SS : Vector.GP, 0);
        }
    }

    private static boolean within(Segment s, boolean code, long first, long last) {
        if (!code && (s.attributes & EXPAND_DOWN) != 0) {
            return first > s.limit && last <= (s.big() ? END : 0xffff);
        }
        // An access may wrap around the end of 4 GiB.
        return last <= s.limit || s.limit == END;
    }

    /** Throws #GP(0) if {@code target} is beyond the end of the code segment. */
    public static void checkTarget(Cpu cpu, long target) {
        if (cpu.mode >= Cpu.MODE_16
                && Long.compareUnsigned(target, cpu.segments[Segment.CS].limit) > 0) {
            throw cpu.fault(Vector.GP, 0);
        }
    }
}
