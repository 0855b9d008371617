package xenolith.machine.lift.sse;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** Moves of a part of an XMM register: MOVSS, MOVSD, MOVLPS, MOVHPS, MOVD, MOVQ and kin. */
final class PartialMoves {
    private static final long LOW32 = 0xffff_ffffL;

    private PartialMoves() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        boolean ps = prefix == 0 || prefix == 0x66;
        return switch (i.opcode) {
            case 0x10 ->
                    prefix == 0xf3 ? scalarLoad(i, 4) : prefix == 0xf2 ? scalarLoad(i, 8) : null;
            case 0x11 ->
                    prefix == 0xf3 ? scalarStore(i, 4) : prefix == 0xf2 ? scalarStore(i, 8) : null;
            case 0x12, 0x16 -> ps ? half(i, prefix) : null;
            case 0x13 -> ps && i.memory() ? new StoreHalf(i, 0) : null;
            case 0x17 -> ps && i.memory() ? new StoreHalf(i, 1) : null;
            case 0x6e -> prefix == 0x66 ? fromGeneral(i) : null;
            case 0x7e ->
                    prefix == 0x66
                            ? toGeneral(i)
                            : prefix == 0xf3 ? new ZeroExtend(i, 4 * i.reg, 4 * i.rm, 8) : null;
            case 0xd6 ->
                    prefix != 0x66
                            ? null
                            : i.memory()
                                    ? new StoreHalf(i, 0)
                                    : new ZeroExtend(i, 4 * i.rm, 4 * i.reg, 8);
            default -> null;
        };
    }

    private static Op scalarLoad(Instruction i, int bytes) {
        return i.memory()
                ? new ZeroExtend(i, 4 * i.reg, 0, bytes)
                : new Merge(i, 4 * i.reg, 4 * i.rm, bytes);
    }

    private static Op scalarStore(Instruction i, int bytes) {
        if (!i.memory()) {
            return new Merge(i, 4 * i.rm, 4 * i.reg, bytes);
        }
        return bytes == 4 ? new Store32(i) : new StoreHalf(i, 0);
    }

    /** MOVLPS, MOVHPS, MOVLPD, MOVHPD; and between registers MOVHLPS and MOVLHPS. */
    private static @Nullable Op half(Instruction i, int prefix) {
        int half = i.opcode == 0x12 ? 0 : 1;
        if (i.memory()) {
            return new LoadHalf(i, 4 * i.reg + half);
        }
        return prefix == 0 ? new CopyHalf(i, 4 * i.reg + half, 4 * i.rm + 1 - half) : null;
    }

    private static Op fromGeneral(Instruction i) {
        if (i.memory()) {
            return new ZeroExtend(i, 4 * i.reg, 0, i.rexW() ? 8 : 4);
        }
        return new FromGeneral(i);
    }

    private static Op toGeneral(Instruction i) {
        if (i.memory()) {
            return i.rexW() ? new StoreHalf(i, 0) : new Store32(i);
        }
        return new ToGeneral(i);
    }

    /** The low 4 or 8 bytes of a register or of memory, zeros above. */
    private static final class ZeroExtend extends SseOp {
        private final int to;
        private final int from;
        private final int bytes;

        ZeroExtend(Instruction i, int to, int from, int bytes) {
            super(i);
            this.to = to;
            this.from = from;
            this.bytes = bytes;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long[] x = cpu.xmm;
            if (address == null) {
                x[to] = x[from];
            } else {
                long va = address.of(cpu);
                x[to] = bytes == 8 ? cpu.mmu.read64(va) : cpu.mmu.read32(va);
            }
            x[to + 1] = 0;
        }
    }

    /** MOVSS and MOVSD between registers: the rest of the destination stays. */
    private static final class Merge extends SseOp {
        private final int to;
        private final int from;
        private final long mask;

        Merge(Instruction i, int to, int from, int bytes) {
            super(i);
            this.to = to;
            this.from = from;
            this.mask = bytes == 4 ? LOW32 : -1;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long[] x = cpu.xmm;
            x[to] = x[from] & mask | x[to] & ~mask;
        }
    }

    private static final class CopyHalf extends SseOp {
        private final int to;
        private final int from;

        CopyHalf(Instruction i, int to, int from) {
            super(i);
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.xmm[to] = cpu.xmm[from];
        }
    }

    private static final class LoadHalf extends SseOp {
        private final int to;
        private final Address memory;

        LoadHalf(Instruction i, int to) {
            super(i);
            this.to = to;
            this.memory = Objects.requireNonNull(address);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.xmm[to] = cpu.mmu.read64(memory.of(cpu));
        }
    }

    private static final class StoreHalf extends SseOp {
        private final int from;
        private final Address memory;

        StoreHalf(Instruction i, int half) {
            super(i);
            this.from = 4 * i.reg + half;
            this.memory = Objects.requireNonNull(address);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.write64(memory.of(cpu), cpu.xmm[from]);
        }
    }

    private static final class Store32 extends SseOp {
        private final int from;
        private final Address memory;

        Store32(Instruction i) {
            super(i);
            this.from = 4 * i.reg;
            this.memory = Objects.requireNonNull(address);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.write32(memory.of(cpu), cpu.xmm[from] & LOW32);
        }
    }

    private static final class FromGeneral extends SseOp {
        private final int to;
        private final int from;
        private final long mask;

        FromGeneral(Instruction i) {
            super(i);
            this.to = 4 * i.reg;
            this.from = i.rm;
            this.mask = i.rexW() ? -1 : LOW32;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.xmm[to] = cpu.get(from) & mask;
            cpu.xmm[to + 1] = 0;
        }
    }

    private static final class ToGeneral extends SseOp {
        private final int to;
        private final int from;
        private final long mask;

        ToGeneral(Instruction i) {
            super(i);
            this.to = i.rm;
            this.from = 4 * i.reg;
            this.mask = i.rexW() ? -1 : LOW32;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.set(to, cpu.xmm[from] & mask);
        }
    }
}
