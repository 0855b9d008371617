package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Arrange;
import xenolith.machine.alu.simd.Lanes;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Between XMM registers and general registers: PINSR, PEXTR, EXTRACTPS, PMOVMSKB, PTEST. */
final class Fields {
    private Fields() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        int imm = (int) i.immediate & 0xff;
        if (i.map == Instruction.MAP_0F) {
            return switch (i.opcode) {
                case 0x50 ->
                        i.memory()
                                ? null
                                : prefix == 0
                                        ? new Signs(i, 4)
                                        : prefix == 0x66 ? new Signs(i, 8) : null;
                case 0xc4 -> prefix == 0x66 ? new Insert(i, 16, imm & 7) : null;
                case 0xc5 ->
                        prefix == 0x66 && !i.memory()
                                ? new Extract(i, i.reg, 4 * i.rm, 16, imm & 7)
                                : null;
                case 0xd7 -> prefix == 0x66 && !i.memory() ? new ByteSigns(i) : null;
                default -> null;
            };
        }
        if (prefix != 0x66) {
            return null;
        }
        if (i.map == Instruction.MAP_0F38) {
            return i.opcode == 0x17 ? new Test(i) : null;
        }
        return lift3a(i, imm);
    }

    private static @Nullable Op lift3a(Instruction i, int imm) {
        int width = i.rexW() ? 64 : 32;
        return switch (i.opcode) {
            case 0x14 -> new Extract(i, i.rm, 4 * i.reg, 8, imm & 15);
            case 0x15 -> new Extract(i, i.rm, 4 * i.reg, 16, imm & 7);
            case 0x16 -> new Extract(i, i.rm, 4 * i.reg, width, imm & 128 / width - 1);
            case 0x17 -> new Extract(i, i.rm, 4 * i.reg, 32, imm & 3);
            case 0x20 -> new Insert(i, 8, imm & 15);
            case 0x22 -> new Insert(i, width, imm & 128 / width - 1);
            default -> null;
        };
    }

    /** PMOVMSKB. */
    private static final class ByteSigns extends SseOp {
        private final int to;
        private final int from;

        ByteSigns(Instruction i) {
            super(i);
            this.to = i.reg;
            this.from = 4 * i.rm;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long[] x = cpu.xmm;
            cpu.set(to, Lanes.pmovmskb(x[from]) | Lanes.pmovmskb(x[from + 1]) << 8);
        }
    }

    /** MOVMSKPS and MOVMSKPD. */
    private static final class Signs extends SseOp {
        private final int to;
        private final int from;
        private final int bytes;

        Signs(Instruction i, int bytes) {
            super(i);
            this.to = i.reg;
            this.from = 4 * i.rm;
            this.bytes = bytes;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long low = cpu.xmm[from];
            long high = cpu.xmm[from + 1];
            cpu.set(
                    to,
                    bytes == 8
                            ? low >>> 63 | high >>> 63 << 1
                            : low >>> 31 & 1
                                    | low >>> 63 << 1
                                    | (high >>> 31 & 1) << 2
                                    | high >>> 63 << 3);
        }
    }

    /** A field to a general register (zero-extended) or to memory. */
    private static final class Extract extends SseOp {
        private final int to;
        private final int from;
        private final int width;
        private final int shift;

        Extract(Instruction i, int to, int register, int width, int field) {
            super(i);
            this.to = to;
            this.from = register + (field * width >>> 6);
            this.width = width;
            this.shift = field * width & 63;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long v = cpu.xmm[from] >>> shift & -1L >>> 64 - width;
            if (address == null) {
                cpu.set(to, v);
            } else {
                cpu.mmu.write(address.of(cpu), width >>> 3, v);
            }
        }
    }

    /** A field from a general register or from memory. */
    private static final class Insert extends SseOp {
        private final int to;
        private final int from;
        private final int width;
        private final int field;

        Insert(Instruction i, int width, int field) {
            super(i);
            this.to = 4 * i.reg + (field * width >>> 6);
            this.from = i.rm;
            this.width = width;
            this.field = field;
        }

        @Override
        public void execute(Cpu cpu) {
            checkSse(cpu);
            long v = address == null ? cpu.get(from) : cpu.mmu.read(address.of(cpu), width >>> 3);
            cpu.xmm[to] = Arrange.insert(cpu.xmm[to], field, width, v);
        }
    }

    private static final class Test extends XmmOp {
        private static final int CF = 1;
        private static final int ZF = 1 << 6;

        Test(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            boolean zero = (x[s] & x[reg] | x[s + 1] & x[reg + 1]) == 0;
            boolean carry = (x[s] & ~x[reg] | x[s + 1] & ~x[reg + 1]) == 0;
            cpu.setStatusFlags((zero ? ZF : 0) | (carry ? CF : 0));
        }
    }
}
