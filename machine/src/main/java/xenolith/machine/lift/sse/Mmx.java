package xenolith.machine.lift.sse;

import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Arrange;
import xenolith.machine.alu.simd.Lanes;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Instructions on MMX registers only (with general registers and memory). */
final class Mmx {
    private Mmx() {}

    static @Nullable Op lift(Instruction i) {
        if (i.selectingPrefix() != 0) {
            return null;
        }
        LongBinaryOperator f = IntegerTable.shared(i.map, i.opcode);
        if (f == null) {
            f = IntegerTable.folding(i.map, i.opcode);
        }
        if (f != null) {
            return new Binary(i, f, 8);
        }
        int imm = (int) i.immediate & 0xff;
        return switch (i.map) {
            case Instruction.MAP_0F -> lift0f(i, imm);
            case Instruction.MAP_0F38 -> i.opcode == 0 ? new Binary(i, Arrange::pshufb, 8) : null;
            case Instruction.MAP_0F3A ->
                    i.opcode == 0x0f
                            ? new Binary(i, (a, b) -> Arrange.palignr(b, a, imm), 8)
                            : null;
            default -> null;
        };
    }

    private static @Nullable Op lift0f(Instruction i, int imm) {
        return switch (i.opcode) {
            case 0x60, 0x61, 0x62 -> binary(i, IntegerTable.interleave(i.opcode, 0), 4);
            case 0x68, 0x69, 0x6a -> binary(i, IntegerTable.interleave(i.opcode, 1), 8);
            case 0x6e -> new FromGeneral(i);
            case 0x7e -> new ToGeneral(i);
            case 0x6f -> new Binary(i, (a, b) -> b, 8);
            case 0x7f -> new Store(i);
            case 0xe7 -> i.memory() ? new Store(i) : null;
            case 0x70 -> new Binary(i, (a, b) -> Arrange.pshufw(b, imm), 8);
            case 0x71, 0x72, 0x73 -> i.memory() ? null : shiftByImmediate(i, imm);
            case 0x77 -> new Empty(i);
            case 0xc4 -> new InsertWord(i, imm & 3);
            case 0xc5 -> i.memory() ? null : new ToRegister(i, v -> v >>> 16 * (imm & 3) & 0xffff);
            case 0xd7 -> i.memory() ? null : new ToRegister(i, Lanes::pmovmskb);
            default -> binary(i, IntegerTable.shift(i.opcode), 8);
        };
    }

    private static @Nullable Op binary(
            Instruction i, @Nullable LongBinaryOperator f, int memoryBytes) {
        return f == null ? null : new Binary(i, f, memoryBytes);
    }

    private static @Nullable Op shiftByImmediate(Instruction i, int count) {
        int opcode = IntegerTable.shiftGroup(i.opcode, i.reg & 7);
        LongBinaryOperator f = opcode < 0 ? null : IntegerTable.shift(opcode);
        return f == null ? null : new ShiftImmediate(i, f, count);
    }

    private static final class Binary extends SseOp {
        private final int reg;
        private final int rm;
        private final LongBinaryOperator f;
        private final int bytes;

        Binary(Instruction i, LongBinaryOperator f, int memoryBytes) {
            super(i);
            this.reg = i.reg & 7;
            this.rm = i.rm & 7;
            this.f = f;
            this.bytes = memoryBytes;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            long[] mm = cpu.fpu.significand;
            long b = address == null ? mm[rm] : cpu.mmu.read(address.of(cpu), bytes);
            putMmx(cpu, reg, f.applyAsLong(mm[reg], b));
        }
    }

    private static final class ShiftImmediate extends SseOp {
        private final int rm;
        private final LongBinaryOperator f;
        private final int count;

        ShiftImmediate(Instruction i, LongBinaryOperator f, int count) {
            super(i);
            this.rm = i.rm & 7;
            this.f = f;
            this.count = count;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            putMmx(cpu, rm, f.applyAsLong(cpu.fpu.significand[rm], count));
        }
    }

    /** MOVD and MOVQ from a general register or memory. */
    private static final class FromGeneral extends SseOp {
        private final int reg;
        private final int rm;
        private final int bytes;

        FromGeneral(Instruction i) {
            super(i);
            this.reg = i.reg & 7;
            this.rm = i.rm;
            this.bytes = i.rexW() ? 8 : 4;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            long v = address == null ? cpu.get(rm) : cpu.mmu.read(address.of(cpu), bytes);
            putMmx(cpu, reg, bytes == 8 ? v : v & 0xffff_ffffL);
        }
    }

    /** MOVD and MOVQ to a general register or memory. */
    private static final class ToGeneral extends SseOp {
        private final int reg;
        private final int rm;
        private final int bytes;

        ToGeneral(Instruction i) {
            super(i);
            this.reg = i.reg & 7;
            this.rm = i.rm;
            this.bytes = i.rexW() ? 8 : 4;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            long v = cpu.fpu.significand[reg];
            if (address != null) {
                cpu.mmu.write(address.of(cpu), bytes, v);
            } else {
                cpu.set(rm, bytes == 8 ? v : v & 0xffff_ffffL);
            }
            enterMmx(cpu);
        }
    }

    /** MOVQ to MMX or memory, and MOVNTQ. */
    private static final class Store extends SseOp {
        private final int reg;
        private final int rm;

        Store(Instruction i) {
            super(i);
            this.reg = i.reg & 7;
            this.rm = i.rm & 7;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            long v = cpu.fpu.significand[reg];
            if (address != null) {
                cpu.mmu.write64(address.of(cpu), v);
                enterMmx(cpu);
            } else {
                putMmx(cpu, rm, v);
            }
        }
    }

    private static final class Empty extends SseOp {
        Empty(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            cpu.fpu.top = 0;
            cpu.fpu.empty = 0xff;
        }
    }

    /** PINSRW. */
    private static final class InsertWord extends SseOp {
        private final int reg;
        private final int rm;
        private final int field;

        InsertWord(Instruction i, int field) {
            super(i);
            this.reg = i.reg & 7;
            this.rm = i.rm;
            this.field = field;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            long v = address == null ? cpu.get(rm) : cpu.mmu.read16(address.of(cpu));
            putMmx(cpu, reg, Arrange.insert(cpu.fpu.significand[reg], field, 16, v));
        }
    }

    /** PEXTRW and PMOVMSKB. */
    private static final class ToRegister extends SseOp {
        private final int reg;
        private final int rm;
        private final java.util.function.LongUnaryOperator f;

        ToRegister(Instruction i, java.util.function.LongUnaryOperator f) {
            super(i);
            this.reg = i.reg;
            this.rm = i.rm & 7;
            this.f = f;
        }

        @Override
        public void execute(Cpu cpu) {
            checkMmx(cpu);
            cpu.set(reg, f.applyAsLong(cpu.fpu.significand[rm]));
            enterMmx(cpu);
        }
    }
}
