package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Moves of all 16 bytes: MOVAPS, MOVUPS, MOVDQA, MOVDQU, MOVNTDQ, LDDQU and kin. */
final class FullMoves {
    private FullMoves() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        if (i.map == Instruction.MAP_0F38) {
            return i.opcode == 0x2a && prefix == 0x66 && i.memory() ? new LoadAligned(i) : null;
        }
        if (i.map != Instruction.MAP_0F) {
            return null;
        }
        boolean ps = prefix == 0 || prefix == 0x66;
        return switch (i.opcode) {
            case 0x10 -> ps ? load(i, false) : null;
            case 0x11 -> ps ? store(i, false) : null;
            case 0x28 -> ps ? load(i, true) : null;
            case 0x29 -> ps ? store(i, true) : null;
            case 0x2b -> ps && i.memory() ? new StoreAligned(i) : null;
            case 0x6f -> prefix == 0x66 ? load(i, true) : prefix == 0xf3 ? load(i, false) : null;
            case 0x7f -> prefix == 0x66 ? store(i, true) : prefix == 0xf3 ? store(i, false) : null;
            case 0xe7 -> prefix == 0x66 && i.memory() ? new StoreAligned(i) : null;
            case 0xf0 -> prefix == 0xf2 && i.memory() ? new LoadUnaligned(i) : null;
            default -> null;
        };
    }

    private static Op load(Instruction i, boolean aligned) {
        if (!i.memory()) {
            return new Copy(i, 4 * i.reg, 4 * i.rm);
        }
        return aligned ? new LoadAligned(i) : new LoadUnaligned(i);
    }

    private static Op store(Instruction i, boolean aligned) {
        if (!i.memory()) {
            return new Copy(i, 4 * i.rm, 4 * i.reg);
        }
        return aligned ? new StoreAligned(i) : new StoreUnaligned(i);
    }

    /** Register to register. */
    private static final class Copy extends SseOp {
        private final int to;
        private final int from;

        Copy(Instruction i, int to, int from) {
            super(i);
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long[] x = cpu.xmm;
            x[to] = x[from];
            x[to + 1] = x[from + 1];
        }
    }

    private abstract static class Memory extends SseOp {
        final int reg;
        final xenolith.machine.ir.Address memory;

        Memory(Instruction i) {
            super(i);
            this.reg = 4 * i.reg;
            this.memory = java.util.Objects.requireNonNull(address);
        }
    }

    private static final class LoadAligned extends Memory {
        LoadAligned(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.read128(aligned(cpu, memory), cpu.xmm, reg);
        }
    }

    private static final class LoadUnaligned extends Memory {
        LoadUnaligned(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.read128(memory.of(cpu), cpu.xmm, reg);
        }
    }

    private static final class StoreAligned extends Memory {
        StoreAligned(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.write128(aligned(cpu, memory), cpu.xmm[reg], cpu.xmm[reg + 1]);
        }
    }

    private static final class StoreUnaligned extends Memory {
        StoreUnaligned(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.write128(memory.of(cpu), cpu.xmm[reg], cpu.xmm[reg + 1]);
        }
    }
}
