package xenolith.machine.lift.integer;

import xenolith.abi.x86.Vector;
import xenolith.machine.alu.Condition;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.SegmentLimit;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.ir.Op;

/**
 * Near branches. In 64-bit mode the target has 64 bits whatever the operand size, as on Intel's
 * processors, and must be canonical, else the branch faults; elsewhere the target is cut to the
 * operand size.
 */
final class Branch {
    private Branch() {}

    /** #GP(0): the target is not canonical. */
    static GuestFault outside(Cpu cpu) {
        return cpu.fault(Vector.GP, 0);
    }

    /** {@code target}, checked. */
    static long canonical(Cpu cpu, long target) {
        if (target << 16 >> 16 != target) {
            throw outside(cpu);
        }
        return target;
    }

    /** Bytes of a near pointer on the stack. */
    static int pointerSize(Instruction i) {
        return i.mode == Cpu.MODE_64 ? 8 : i.operandSize;
    }

    /** Jcc: 70 to 7F and 0F 80 to 8F. */
    static Op ofCondition(Instruction i) {
        return i.mode == Cpu.MODE_64 ? ConditionalJump.of(i) : new Conditional32(i);
    }

    /** JMP: E9 and EB. */
    static Op ofJump(Instruction i) {
        return i.mode == Cpu.MODE_64 ? new Jump(i) : new Jump32(i);
    }

    /** CALL: E8. */
    static Op ofCall(Instruction i) {
        return i.mode == Cpu.MODE_64 ? new Call(i) : new Call32(i);
    }

    /** RET: C2 and C3. */
    static Op ofReturn(Instruction i) {
        long released = i.opcode == 0xc2 ? i.immediate & 0xffff : 0;
        if (i.mode != Cpu.MODE_64) {
            return new Return32(i, released);
        }
        return released == 0 ? new Return() : new ReturnReleasing(released);
    }

    /** CALL and JMP: FF /2 and /4. */
    static Op ofIndirect(Instruction i) {
        int size = pointerSize(i);
        Place target = Place.rm(i, size);
        boolean call = (i.reg & 7) == 2;
        if (i.mode != Cpu.MODE_64) {
            return call ? new IndirectCall32(i, target) : new IndirectJump(target, false);
        }
        return call ? new IndirectCall(i, target) : new IndirectJump(target, true);
    }

    /** LOOPNE, LOOPE, LOOP and JRCXZ: E0 to E3. */
    static Op ofLoop(Instruction i) {
        return new Loop(i);
    }

    /** The last of its block. */
    private abstract static class Ending extends Op {
        @Override
        public final boolean endsBlock() {
            return true;
        }
    }

    private static final class Jump extends Ending {
        private final long target;

        Jump(Instruction i) {
            this.target = i.nextOffset() + i.immediate;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.rip = canonical(cpu, cpu.block + target);
        }
    }

    private static final class Call extends Ending {
        private final long next;
        private final long target;

        Call(Instruction i) {
            this.next = i.nextOffset();
            this.target = next + i.immediate;
        }

        @Override
        public void execute(Cpu cpu) {
            long to = canonical(cpu, cpu.block + target);
            long top = cpu.rsp - 8;
            cpu.mmu.writeStack64(top, cpu.block + next);
            cpu.rsp = top;
            cpu.rip = to;
        }
    }

    private static final class Return extends Ending {
        @Override
        public void execute(Cpu cpu) {
            long top = cpu.rsp;
            cpu.rip = canonical(cpu, cpu.mmu.readStack64(top));
            cpu.rsp = top + 8;
        }
    }

    private static final class ReturnReleasing extends Ending {
        private final long released;

        ReturnReleasing(long released) {
            this.released = released;
        }

        @Override
        public void execute(Cpu cpu) {
            long top = cpu.rsp;
            cpu.rip = canonical(cpu, cpu.mmu.readStack64(top));
            cpu.rsp = top + 8 + released;
        }
    }

    private static final class IndirectJump extends Ending {
        private final Place target;
        private final boolean check;

        IndirectJump(Place target, boolean check) {
            this.target = target;
            this.check = check;
        }

        @Override
        public void execute(Cpu cpu) {
            long to = target.read(cpu, target.locate(cpu));
            cpu.rip = check ? canonical(cpu, to) : within(cpu, to);
        }

        @Override
        public boolean stackOperand() {
            return target.stackOperand();
        }
    }

    private static final class IndirectCall extends Ending {
        private final long next;
        private final Place target;

        IndirectCall(Instruction i, Place target) {
            this.next = i.nextOffset();
            this.target = target;
        }

        @Override
        public void execute(Cpu cpu) {
            long to = canonical(cpu, target.read(cpu, target.locate(cpu)));
            long top = cpu.rsp - 8;
            cpu.mmu.writeStack64(top, cpu.block + next);
            cpu.rsp = top;
            cpu.rip = to;
        }

        @Override
        public boolean stackOperand() {
            return target.stackOperand();
        }
    }

    /** {@code target}, which must lie within the code segment. */
    private static long within(Cpu cpu, long target) {
        SegmentLimit.checkTarget(cpu, target);
        return target;
    }

    private static final class Conditional32 extends Ending {
        private final int truth;
        private final long next;
        private final long target;
        private final long mask;

        Conditional32(Instruction i) {
            this.truth = Condition.truth(i.opcode & 15);
            this.next = i.nextOffset();
            this.target = next + i.immediate;
            this.mask = Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            boolean taken = Condition.value(truth, cpu.flagResult, cpu.flagAux) != 0;
            long from = cpu.block;
            cpu.rip = taken ? within(cpu, from + target & mask) : from + next & 0xffff_ffffL;
        }
    }

    private static final class Jump32 extends Ending {
        private final long target;
        private final long mask;

        Jump32(Instruction i) {
            this.target = i.nextOffset() + i.immediate;
            this.mask = Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.rip = within(cpu, cpu.block + target & mask);
        }
    }

    private static final class Call32 extends Ending {
        private final long next;
        private final long target;
        private final int size;
        private final long mask;

        Call32(Instruction i) {
            this.next = i.nextOffset();
            this.target = next + i.immediate;
            this.size = i.operandSize;
            this.mask = Place.mask(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long to = within(cpu, cpu.block + target & mask);
            Stack.push(cpu, size, cpu.block + next);
            cpu.rip = to;
        }
    }

    private static final class IndirectCall32 extends Ending {
        private final long next;
        private final Place target;

        IndirectCall32(Instruction i, Place target) {
            this.next = i.nextOffset();
            this.target = target;
        }

        @Override
        public void execute(Cpu cpu) {
            long to = within(cpu, target.read(cpu, target.locate(cpu)));
            Stack.push(cpu, target.size, cpu.block + next);
            cpu.rip = to;
        }

        @Override
        public boolean stackOperand() {
            return target.stackOperand();
        }
    }

    private static final class Return32 extends Ending {
        private final int size;
        private final long released;

        Return32(Instruction i, long released) {
            this.size = i.operandSize;
            this.released = released;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.rip = within(cpu, Stack.top(cpu, size));
            Stack.release(cpu, size + released);
        }
    }

    private static final class Loop extends Ending {
        private final int kind;
        private final long next;
        private final long target;
        private final long countMask;
        private final long mask;
        private final Place count;

        Loop(Instruction i) {
            this.kind = i.opcode & 3;
            this.next = i.nextOffset();
            this.target = next + i.immediate;
            this.count = new Place.Register(Cpu.RCX, i.addressSize, 0);
            this.countMask = count.mask;
            this.mask = i.mode == Cpu.MODE_64 ? -1L : Place.mask(i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            long from = cpu.block;
            long left = cpu.rcx & countMask;
            boolean taken = left == 0;
            if (kind != 3) {
                left = left - 1 & countMask;
                boolean zero = cpu.flagResult == 0;
                taken = left != 0 && (kind == 2 || zero == (kind == 1));
            }
            long to = taken ? from + target & mask : from + next;
            cpu.rip = mask == -1L ? canonical(cpu, to) : within(cpu, to & 0xffff_ffffL);
            if (kind != 3) {
                count.write(cpu, 0, left);
            }
        }
    }
}
