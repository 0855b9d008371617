package xenolith.machine.lift.sse;

import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** The same operation on the lowest or on all lanes, exactly and with all exceptions. */
class FloatBinary extends XmmOp {
    private static final long LOW32 = 0xffff_ffffL;

    /** What is done to a lane: bits of both operands to bits of the result. */
    @FunctionalInterface
    interface Lane {
        long of(Ieee format, long a, long b, FloatStatus status);
    }

    private final Ieee format;
    private final boolean packed;
    private final Lane lane;
    private final int bytes;

    FloatBinary(Instruction i, Ieee format, boolean packed, Lane lane) {
        super(i);
        this.format = format;
        this.packed = packed;
        this.lane = lane;
        this.bytes = packed ? 16 : format == Ieee.SINGLE ? 4 : 8;
    }

    @Override
    public void execute(Cpu cpu) {
        exact(cpu, source(cpu, bytes));
    }

    /** Does it all, with the source at index {@code s} of {@code Cpu.xmm}. */
    final void exact(Cpu cpu, int s) {
        long[] x = cpu.xmm;
        FloatStatus status = new FloatStatus(cpu.mxcsr);
        long low = x[reg];
        long high = x[reg + 1];
        if (format == Ieee.DOUBLE) {
            low = lane.of(format, low, x[s], status);
            high = packed ? lane.of(format, high, x[s + 1], status) : high;
        } else if (packed) {
            low = pair(low, x[s], status);
            high = pair(high, x[s + 1], status);
        } else {
            low = low & ~LOW32 | lane.of(format, low & LOW32, x[s] & LOW32, status);
        }
        raise(cpu, status);
        x[reg] = low;
        x[reg + 1] = high;
    }

    private long pair(long a, long b, FloatStatus status) {
        return lane.of(format, a & LOW32, b & LOW32, status)
                | lane.of(format, a >>> 32, b >>> 32, status) << 32;
    }

    /** {@link #exact} of a scalar operation with the source's bits {@code b}. */
    final void exactScalar(Cpu cpu, long b) {
        cpu.xmm[Cpu.XMM_OPERAND] = b;
        exact(cpu, Cpu.XMM_OPERAND);
    }
}
