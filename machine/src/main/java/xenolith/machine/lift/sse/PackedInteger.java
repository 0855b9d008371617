package xenolith.machine.lift.sse;

import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Arrange;
import xenolith.machine.alu.simd.Lanes;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Packed integer arithmetic, logic, packs, interleavings and shifts on XMM registers. */
final class PackedInteger {
    private PackedInteger() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        Op logic = logic(i, prefix);
        if (logic != null) {
            return logic;
        }
        if (prefix != 0x66) {
            return null;
        }
        Op hot = i.map == Instruction.MAP_0F ? hot(i) : null;
        if (hot != null) {
            return hot;
        }
        LongBinaryOperator f = IntegerTable.shared(i.map, i.opcode);
        if (f == null && i.map == Instruction.MAP_0F38) {
            f = IntegerTable.xmmOnly38(i.opcode);
        }
        return f != null ? new Halves(i, f) : across(i);
    }

    /** AND, ANDN, OR, XOR of floating point and integers alike. */
    private static @Nullable Op logic(Instruction i, int prefix) {
        if (i.map != Instruction.MAP_0F || prefix != 0 && prefix != 0x66) {
            return null;
        }
        if (prefix == 0 && i.opcode > 0x57) {
            return null;
        }
        return switch (i.opcode) {
            case 0x54, 0xdb -> new And(i);
            case 0x55, 0xdf -> new AndNot(i);
            case 0x56, 0xeb -> new Or(i);
            case 0x57, 0xef -> !i.memory() && i.reg == i.rm ? new Clear(i) : new Xor(i);
            default -> null;
        };
    }

    private static @Nullable Op hot(Instruction i) {
        return switch (i.opcode) {
            case 0x74 -> new CompareEqualBytes(i);
            case 0xda -> new MinimumBytes(i);
            case 0xf8 -> new SubtractBytes(i);
            case 0xfe -> new AddDoublewords(i);
            case 0xd4 -> new AddQuadwords(i);
            default -> null;
        };
    }

    private static @Nullable Op across(Instruction i) {
        if (i.map == Instruction.MAP_0F3A) {
            return null;
        }
        LongBinaryOperator fold = IntegerTable.folding(i.map, i.opcode);
        if (fold != null) {
            return new Fold(i, fold);
        }
        if (i.map == Instruction.MAP_0F38) {
            return i.opcode == 0x2b ? new Fold(i, Arrange::packusdw) : null;
        }
        int opcode = i.opcode;
        if (opcode >= 0x60 && opcode <= 0x62 || opcode >= 0x68 && opcode <= 0x6a) {
            return interleave(i);
        }
        return switch (opcode) {
            case 0x6c -> new InterleaveQuadwords(i, 0);
            case 0x6d -> new InterleaveQuadwords(i, 1);
            case 0x71, 0x72, 0x73 -> i.memory() ? null : shiftByImmediate(i);
            default -> shiftByRegister(i);
        };
    }

    private static @Nullable Op interleave(Instruction i) {
        LongBinaryOperator low = IntegerTable.interleave(i.opcode, 0);
        LongBinaryOperator high = IntegerTable.interleave(i.opcode, 1);
        return low == null || high == null
                ? null
                : new Interleave(i, i.opcode < 0x68 ? 0 : 1, low, high);
    }

    private static @Nullable Op shiftByRegister(Instruction i) {
        LongBinaryOperator f = IntegerTable.shift(i.opcode);
        return f == null ? null : new Shift(i, f);
    }

    private static @Nullable Op shiftByImmediate(Instruction i) {
        int digit = i.reg & 7;
        int count = (int) i.immediate & 0xff;
        if (i.opcode == 0x73 && (digit == 3 || digit == 7)) {
            return new ShiftBytes(i, digit == 7, Math.min(count, 16));
        }
        int opcode = IntegerTable.shiftGroup(i.opcode, digit);
        LongBinaryOperator f = opcode < 0 ? null : IntegerTable.shift(opcode);
        return f == null ? null : new ShiftImmediate(i, f, count);
    }

    // ---- by halves ---------------------------------------------------------------------------

    private static final class Halves extends XmmOp {
        private final LongBinaryOperator f;

        Halves(Instruction i, LongBinaryOperator f) {
            super(i);
            this.f = f;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] = f.applyAsLong(x[reg], x[s]);
            x[reg + 1] = f.applyAsLong(x[reg + 1], x[s + 1]);
        }
    }

    private static final class And extends XmmOp {
        And(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] &= x[s];
            x[reg + 1] &= x[s + 1];
        }
    }

    private static final class AndNot extends XmmOp {
        AndNot(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] = ~x[reg] & x[s];
            x[reg + 1] = ~x[reg + 1] & x[s + 1];
        }
    }

    private static final class Or extends XmmOp {
        Or(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] |= x[s];
            x[reg + 1] |= x[s + 1];
        }
    }

    private static final class Xor extends XmmOp {
        Xor(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] ^= x[s];
            x[reg + 1] ^= x[s + 1];
        }
    }

    /** XOR of a register with itself. */
    private static final class Clear extends XmmOp {
        Clear(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.xmm[reg] = 0;
            cpu.xmm[reg + 1] = 0;
        }
    }

    private static final class CompareEqualBytes extends XmmOp {
        CompareEqualBytes(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] = Lanes.pcmpeqb(x[reg], x[s]);
            x[reg + 1] = Lanes.pcmpeqb(x[reg + 1], x[s + 1]);
        }
    }

    private static final class MinimumBytes extends XmmOp {
        MinimumBytes(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] = Lanes.pminub(x[reg], x[s]);
            x[reg + 1] = Lanes.pminub(x[reg + 1], x[s + 1]);
        }
    }

    private static final class SubtractBytes extends XmmOp {
        SubtractBytes(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] = Lanes.psubb(x[reg], x[s]);
            x[reg + 1] = Lanes.psubb(x[reg + 1], x[s + 1]);
        }
    }

    private static final class AddDoublewords extends XmmOp {
        AddDoublewords(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] = Lanes.paddd(x[reg], x[s]);
            x[reg + 1] = Lanes.paddd(x[reg + 1], x[s + 1]);
        }
    }

    private static final class AddQuadwords extends XmmOp {
        AddQuadwords(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            x[reg] += x[s];
            x[reg + 1] += x[s + 1];
        }
    }

    // ---- across halves -----------------------------------------------------------------------

    private static final class Fold extends XmmOp {
        private final LongBinaryOperator f;

        Fold(Instruction i, LongBinaryOperator f) {
            super(i);
            this.f = f;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long low = f.applyAsLong(x[reg], x[reg + 1]);
            x[reg + 1] = f.applyAsLong(x[s], x[s + 1]);
            x[reg] = low;
        }
    }

    private static final class Interleave extends XmmOp {
        private final int half;
        private final LongBinaryOperator low;
        private final LongBinaryOperator high;

        Interleave(Instruction i, int half, LongBinaryOperator low, LongBinaryOperator high) {
            super(i);
            this.half = half;
            this.low = low;
            this.high = high;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long a = x[reg + half];
            long b = x[s + half];
            x[reg] = low.applyAsLong(a, b);
            x[reg + 1] = high.applyAsLong(a, b);
        }
    }

    private static final class InterleaveQuadwords extends XmmOp {
        private final int half;

        InterleaveQuadwords(Instruction i, int half) {
            super(i);
            this.half = half;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long high = x[s + half];
            x[reg] = x[reg + half];
            x[reg + 1] = high;
        }
    }

    // ---- shifts ------------------------------------------------------------------------------

    private static final class Shift extends XmmOp {
        private final LongBinaryOperator f;

        Shift(Instruction i, LongBinaryOperator f) {
            super(i);
            this.f = f;
        }

        @Override
        public void execute(Cpu cpu) {
            long[] x = cpu.xmm;
            long count = x[source(cpu)];
            x[reg] = f.applyAsLong(x[reg], count);
            x[reg + 1] = f.applyAsLong(x[reg + 1], count);
        }
    }

    private static final class ShiftImmediate extends XmmOp {
        private final LongBinaryOperator f;
        private final int count;

        ShiftImmediate(Instruction i, LongBinaryOperator f, int count) {
            super(i);
            this.f = f;
            this.count = count;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long[] x = cpu.xmm;
            x[rm] = f.applyAsLong(x[rm], count);
            x[rm + 1] = f.applyAsLong(x[rm + 1], count);
        }
    }

    /** PSLLDQ and PSRLDQ. */
    private static final class ShiftBytes extends XmmOp {
        private final boolean left;
        private final int bytes;

        ShiftBytes(Instruction i, boolean left, int bytes) {
            super(i);
            this.left = left;
            this.bytes = bytes;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long[] x = cpu.xmm;
            long low = x[rm];
            long high = x[rm + 1];
            x[rm] = left ? Arrange.pslldqLow(low, bytes) : Arrange.psrldqLow(low, high, bytes);
            x[rm + 1] =
                    left ? Arrange.pslldqHigh(low, high, bytes) : Arrange.palignr(high, 0, bytes);
        }
    }
}
