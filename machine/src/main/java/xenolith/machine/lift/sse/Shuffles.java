package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Arrange;
import xenolith.machine.alu.simd.Lanes;
import xenolith.machine.alu.simd.Products;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Shuffles, blends, widenings and other instructions that mix the halves of XMM registers. */
final class Shuffles {
    private Shuffles() {}

    /** One half of the result from both halves of both operands. */
    @FunctionalInterface
    interface Mix {
        long of(long aLow, long aHigh, long bLow, long bHigh);
    }

    static @Nullable Op lift(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_0F -> lift0f(i);
            case Instruction.MAP_0F38 -> i.selectingPrefix() == 0x66 ? lift38(i) : null;
            case Instruction.MAP_0F3A -> i.selectingPrefix() == 0x66 ? lift3a(i) : null;
            default -> null;
        };
    }

    private static @Nullable Op lift0f(Instruction i) {
        int prefix = i.selectingPrefix();
        boolean ps = prefix == 0;
        boolean pd = prefix == 0x66;
        int order = (int) i.immediate & 0xff;
        return switch (i.opcode) {
            case 0x14 -> ps ? unpackLowSingle(i) : pd ? unpackLowDouble(i) : null;
            case 0x15 -> ps ? unpackHighSingle(i) : pd ? unpackHighDouble(i) : null;
            case 0x70 ->
                    switch (prefix) {
                        case 0x66 -> new ShuffleDoublewords(i, order);
                        case 0xf3 ->
                                mix(
                                        i,
                                        16,
                                        (a, c, b, d) -> b,
                                        (a, c, b, d) -> Arrange.pshufw(d, order));
                        case 0xf2 ->
                                mix(
                                        i,
                                        16,
                                        (a, c, b, d) -> Arrange.pshufw(b, order),
                                        (a, c, b, d) -> d);
                        default -> null;
                    };
            case 0xc6 ->
                    ps
                            ? mix(
                                    i,
                                    16,
                                    (a, c, b, d) -> Arrange.doublewords(a, c, order),
                                    (a, c, b, d) -> Arrange.doublewords(b, d, order >>> 4))
                            : pd
                                    ? mix(
                                            i,
                                            16,
                                            (a, c, b, d) -> (order & 1) == 0 ? a : c,
                                            (a, c, b, d) -> (order & 2) == 0 ? b : d)
                                    : null;
            case 0x12 -> duplicateLow(i, prefix);
            case 0x16 -> prefix == 0xf3 ? duplicateHighSingle(i) : null;
            default -> null;
        };
    }

    private static Op mix(Instruction i, int bytes, Mix low, Mix high) {
        return new MixOp(i, bytes, low, high);
    }

    private static Op unpackLowSingle(Instruction i) {
        return mix(
                i,
                16,
                (a, c, b, d) -> Arrange.punpckldq(a, b),
                (a, c, b, d) -> Arrange.punpckhdq(a, b));
    }

    private static Op unpackHighSingle(Instruction i) {
        return mix(
                i,
                16,
                (a, c, b, d) -> Arrange.punpckldq(c, d),
                (a, c, b, d) -> Arrange.punpckhdq(c, d));
    }

    private static Op unpackLowDouble(Instruction i) {
        return mix(i, 16, (a, c, b, d) -> a, (a, c, b, d) -> b);
    }

    private static Op unpackHighDouble(Instruction i) {
        return mix(i, 16, (a, c, b, d) -> c, (a, c, b, d) -> d);
    }

    private static @Nullable Op duplicateLow(Instruction i, int prefix) {
        if (prefix == 0xf2) {
            return mix(i, 8, (a, c, b, d) -> b, (a, c, b, d) -> b);
        }
        return prefix == 0xf3
                ? mix(
                        i,
                        16,
                        (a, c, b, d) -> Arrange.punpckldq(b, b),
                        (a, c, b, d) -> Arrange.punpckldq(d, d))
                : null;
    }

    private static Op duplicateHighSingle(Instruction i) {
        return mix(
                i,
                16,
                (a, c, b, d) -> Arrange.punpckhdq(b, b),
                (a, c, b, d) -> Arrange.punpckhdq(d, d));
    }

    private static @Nullable Op lift38(Instruction i) {
        boolean signed = i.opcode < 0x30;
        return switch (i.opcode) {
            case 0x00 ->
                    mix(
                            i,
                            16,
                            (a, c, b, d) -> Arrange.pshufb(a, c, b),
                            (a, c, b, d) -> Arrange.pshufb(a, c, d));
            case 0x10 -> new Blend(i, Lanes::pblendvb);
            case 0x14 -> new Blend(i, Lanes::blendvps);
            case 0x15 -> new Blend(i, Lanes::blendvpd);
            case 0x20, 0x30 -> widen(i, 8, v -> Arrange.widen8to16(v, signed), 32);
            case 0x21, 0x31 -> widen(i, 4, v -> Arrange.widen8to32(v, signed), 16);
            case 0x22, 0x32 -> widen(i, 2, v -> Arrange.widen8to64(v, signed), 8);
            case 0x23, 0x33 -> widen(i, 8, v -> Arrange.widen16to32(v, signed), 32);
            case 0x24, 0x34 -> widen(i, 4, v -> Arrange.widen16to64(v, signed), 16);
            case 0x25, 0x35 -> widen(i, 8, v -> Arrange.widen32to64(v, signed), 32);
            case 0x41 -> mix(i, 16, (a, c, b, d) -> Products.phminposuw(b, d), (a, c, b, d) -> 0);
            default -> null;
        };
    }

    /** The low {@code shift} bits to the low half, those above to the high half. */
    private static Op widen(
            Instruction i, int bytes, java.util.function.LongUnaryOperator f, int shift) {
        return mix(
                i,
                bytes,
                (a, c, b, d) -> f.applyAsLong(b),
                (a, c, b, d) -> f.applyAsLong(b >>> shift));
    }

    private static @Nullable Op lift3a(Instruction i) {
        int imm = (int) i.immediate & 0xff;
        return switch (i.opcode) {
            case 0x0c ->
                    mix(
                            i,
                            16,
                            (a, c, b, d) -> Arrange.blendps(a, b, imm),
                            (a, c, b, d) -> Arrange.blendps(c, d, imm >>> 2));
            case 0x0d ->
                    mix(
                            i,
                            16,
                            (a, c, b, d) -> (imm & 1) != 0 ? b : a,
                            (a, c, b, d) -> (imm & 2) != 0 ? d : c);
            case 0x0e ->
                    mix(
                            i,
                            16,
                            (a, c, b, d) -> Arrange.pblendw(a, b, imm),
                            (a, c, b, d) -> Arrange.pblendw(c, d, imm >>> 4));
            case 0x0f ->
                    mix(
                            i,
                            16,
                            (a, c, b, d) -> Arrange.palignr(b, d, a, c, imm),
                            (a, c, b, d) -> Arrange.palignr(b, d, a, c, imm + 8));
            case 0x21 -> insertSingle(i, imm);
            case 0x42 -> sumsOfDifferences(i, imm);
            default -> null;
        };
    }

    private static Op sumsOfDifferences(Instruction i, int imm) {
        int at = imm & 4;
        return mix(
                i,
                16,
                (a, c, b, d) -> Products.mpsadbw(a, c, at, (int) Arrange.doubleword(b, d, imm & 3)),
                (a, c, b, d) ->
                        Products.mpsadbw(a, c, at + 4, (int) Arrange.doubleword(b, d, imm & 3)));
    }

    /** INSERTPS: one single of the source (from memory the only one), then zeros by mask. */
    private static Op insertSingle(Instruction i, int imm) {
        int from = i.memory() ? 0 : imm >>> 6;
        int to = imm >>> 4 & 3;
        return mix(
                i,
                4,
                (a, c, b, d) -> insertSingle(a, to, Arrange.doubleword(b, d, from), imm),
                (a, c, b, d) -> insertSingle(c, to - 2, Arrange.doubleword(b, d, from), imm >>> 2));
    }

    private static long insertSingle(long half, int to, long single, int zeros) {
        long v = to == 0 || to == 1 ? Arrange.insert(half, to, 32, single) : half;
        return Arrange.blendps(v, 0, zeros);
    }

    static final class MixOp extends XmmOp {
        private final int bytes;
        private final Mix low;
        private final Mix high;

        MixOp(Instruction i, int bytes, Mix low, Mix high) {
            super(i);
            this.bytes = bytes;
            this.low = low;
            this.high = high;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu, bytes);
            long[] x = cpu.xmm;
            long aLow = x[reg];
            long aHigh = x[reg + 1];
            long bLow = x[s];
            long bHigh = x[s + 1];
            x[reg] = low.of(aLow, aHigh, bLow, bHigh);
            x[reg + 1] = high.of(aLow, aHigh, bLow, bHigh);
        }
    }

    /** PSHUFD. */
    private static final class ShuffleDoublewords extends XmmOp {
        private final int order;

        ShuffleDoublewords(Instruction i, int order) {
            super(i);
            this.order = order;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long low = x[s];
            long high = x[s + 1];
            x[reg] = Arrange.doublewords(low, high, order);
            x[reg + 1] = Arrange.doublewords(low, high, order >>> 4);
        }
    }

    @FunctionalInterface
    private interface Choice {
        long of(long a, long b, long mask);
    }

    /** PBLENDVB, BLENDVPS, BLENDVPD: the mask is XMM0. */
    private static final class Blend extends XmmOp {
        private final Choice choice;

        Blend(Instruction i, Choice choice) {
            super(i);
            this.choice = choice;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long low = choice.of(x[reg], x[s], x[0]);
            long high = choice.of(x[reg + 1], x[s + 1], x[1]);
            x[reg] = low;
            x[reg + 1] = high;
        }
    }
}
