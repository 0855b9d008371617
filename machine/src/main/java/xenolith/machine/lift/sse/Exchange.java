package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** MOVQ2DQ, MOVDQ2Q, MASKMOVQ, MASKMOVDQU, LDMXCSR and STMXCSR. */
final class Exchange {
    private Exchange() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        return switch (i.opcode) {
            case 0xae -> prefix == 0 && i.memory() ? status(i) : null;
            case 0xd6 ->
                    i.memory()
                            ? null
                            : prefix == 0xf3
                                    ? new ToXmm(i)
                                    : prefix == 0xf2 ? new FromXmm(i) : null;
            case 0xf7 ->
                    i.memory() || prefix != 0 && prefix != 0x66
                            ? null
                            : new MaskedStore(i, prefix == 0x66);
            default -> null;
        };
    }

    private static @Nullable Op status(Instruction i) {
        return switch (i.reg & 7) {
            case 2 -> new LoadStatus(i);
            case 3 -> new StoreStatus(i);
            default -> null;
        };
    }

    private static final class LoadStatus extends SseOp {
        private final Address memory;

        LoadStatus(Instruction i) {
            super(i);
            this.memory = java.util.Objects.requireNonNull(address);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            int value = (int) cpu.mmu.read32(memory.of(cpu));
            if ((value & ~xenolith.machine.alu.simd.Mxcsr.VALID) != 0) {
                throw cpu.fault(xenolith.abi.x86.Vector.GP, 0);
            }
            cpu.mxcsr = value;
        }
    }

    private static final class StoreStatus extends SseOp {
        private final Address memory;

        StoreStatus(Instruction i) {
            super(i);
            this.memory = java.util.Objects.requireNonNull(address);
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            cpu.mmu.write32(memory.of(cpu), cpu.mxcsr);
        }
    }

    /** MOVQ2DQ. */
    private static final class ToXmm extends SseOp {
        private final int to;
        private final int from;

        ToXmm(Instruction i) {
            super(i);
            this.to = 4 * i.reg;
            this.from = i.rm & 7;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            checkMmx(cpu);
            cpu.xmm[to] = cpu.fpu.significand[from];
            cpu.xmm[to + 1] = 0;
            enterMmx(cpu);
        }
    }

    /** MOVDQ2Q. */
    private static final class FromXmm extends SseOp {
        private final int to;
        private final int from;

        FromXmm(Instruction i) {
            super(i);
            this.to = i.reg & 7;
            this.from = 4 * i.rm;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            checkMmx(cpu);
            putMmx(cpu, to, cpu.xmm[from]);
        }
    }

    /** Stores the bytes whose mask byte has its top bit set, at DS:rDI. */
    private static final class MaskedStore extends SseOp {
        private final boolean wide;
        private final int data;
        private final int mask;
        private final Address memory;

        MaskedStore(Instruction i, boolean wide) {
            super(i);
            this.wide = wide;
            this.data = wide ? 4 * i.reg : i.reg & 7;
            this.mask = wide ? 4 * i.rm : i.rm & 7;
            this.memory = Address.at(operand(i));
        }

        private static Instruction operand(Instruction i) {
            Instruction o = new Instruction();
            o.mode = i.mode;
            o.limited = i.limited;
            o.addressSize = i.addressSize;
            o.base = Cpu.RDI;
            o.segment = i.segmentOverride ? i.segment : xenolith.machine.cpu.Segment.DS;
            return o;
        }

        @Override
        public void execute(Cpu cpu) {
            if (wide) {
                checkSse(cpu);
                long[] x = cpu.xmm;
                checkBytes(cpu, x[mask], 0);
                checkBytes(cpu, x[mask + 1], 8);
                store(cpu, x[data], x[mask], 0);
                store(cpu, x[data + 1], x[mask + 1], 8);
            } else {
                checkMmx(cpu);
                long[] mm = cpu.fpu.significand;
                checkBytes(cpu, mm[mask], 0);
                store(cpu, mm[data], mm[mask], 0);
                enterMmx(cpu);
            }
        }

        private void checkBytes(Cpu cpu, long bytes, int at) {
            for (int i = 0; i < 8; i++) {
                if ((bytes >>> 8 * i & 0x80) != 0) {
                    cpu.mmu.checkWrite(memory.of(cpu, at + i), 1);
                }
            }
        }

        private void store(Cpu cpu, long bytes, long which, int at) {
            for (int i = 0; i < 8; i++) {
                if ((which >>> 8 * i & 0x80) != 0) {
                    cpu.mmu.write8(memory.of(cpu, at + i), bytes >>> 8 * i & 0xff);
                }
            }
        }
    }
}
