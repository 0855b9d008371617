package xenolith.machine.lift.integer;

import xenolith.abi.x86.Rflags;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** CMC, CLC, STC, CLD, STD, LAHF, SAHF, PUSHF, POPF; NOP and PAUSE. */
final class FlagOps {
    private FlagOps() {}

    /** NOP: 90. */
    static final class Nop extends Op {
        @Override
        public void execute(Cpu cpu) {}
    }

    /** PAUSE: F3 90. The last of its block, so that all engines stop behind it. */
    static final class Pause extends Op {
        private final int next;
        private final boolean longMode;

        Pause(Instruction i) {
            this.next = i.nextOffset();
            this.longMode = i.mode == Cpu.MODE_64;
        }

        @Override
        public void execute(Cpu cpu) {
            if (++cpu.pauses == Cpu.SPINNING) {
                cpu.kick();
            }
            long to = cpu.block + next;
            cpu.rip = longMode ? to : to & 0xffff_ffffL;
        }

        @Override
        public boolean endsBlock() {
            return true;
        }
    }

    /** CMC, CLC and STC: F5, F8 and F9. */
    static final class Carry extends Op {
        private final int opcode;

        Carry(Instruction i) {
            this.opcode = i.opcode;
        }

        @Override
        public void execute(Cpu cpu) {
            long aux = cpu.flagAux;
            boolean carry = opcode == 0xf5 ? aux >= 0 : opcode == 0xf9;
            cpu.flagAux = Flags.withCarry(aux, carry);
        }
    }

    /** CLD and STD: FC and FD. */
    static final class Direction extends Op {
        private final int value;

        Direction(Instruction i) {
            this.value = i.opcode == 0xfd ? Rflags.DF : 0;
        }

        @Override
        public void execute(Cpu cpu) {
            cpu.systemFlags = cpu.systemFlags & ~Rflags.DF | value;
        }
    }

    /** LAHF: 9F. */
    static final class Load extends Op {
        @Override
        public void execute(Cpu cpu) {
            long flags = Flags.status(cpu.flagResult, cpu.flagAux) & ~Rflags.OF | Rflags.FIXED;
            cpu.rax = cpu.rax & ~0xff00L | flags << 8;
        }
    }

    /** SAHF: 9E. */
    static final class Store extends Op {
        @Override
        public void execute(Cpu cpu) {
            int overflow = Flags.overflow(cpu.flagAux) ? Rflags.OF : 0;
            int ah = (int) (cpu.rax >>> 8) & 0xff;
            cpu.setStatusFlags(ah & Rflags.STATUS | overflow);
        }
    }

    /** PUSHF: 9C. */
    static final class Push extends Op {
        private final int size;

        Push(Instruction i) {
            this.size = Stack.size(i);
        }

        @Override
        public void execute(Cpu cpu) {
            Stack.push(cpu, size, cpu.rflags() & ~(Rflags.RF | Rflags.VM));
        }
    }

    /**
     * POPF: 9D. IOPL changes only at level 0, IF only at a level up to IOPL; neither faults. The
     * last of its block, because TF takes effect after the instruction behind it.
     */
    static final class Pop extends Op {
        private static final int ALWAYS = Rflags.TF | Rflags.DF | Rflags.NT | Rflags.AC | Rflags.ID;

        private final int size;
        private final int next;
        private final boolean longMode;

        Pop(Instruction i) {
            this.size = Stack.size(i);
            this.next = i.nextOffset();
            this.longMode = i.mode == Cpu.MODE_64;
        }

        @Override
        public void execute(Cpu cpu) {
            int value = (int) Stack.pop(cpu, size);
            int old = cpu.systemFlags;
            int iopl = (old & Rflags.IOPL) >>> 12;
            int writable = ALWAYS;
            writable |= cpu.cpl <= iopl ? Rflags.IF : 0;
            writable |= cpu.cpl == 0 ? Rflags.IOPL : 0;
            writable &= size == 2 ? 0xffff : -1;
            cpu.systemFlags = (old & ~writable | value & writable) & ~Rflags.RF;
            cpu.setStatusFlags(value);
            long to = cpu.block + next;
            cpu.rip = longMode ? to : to & 0xffff_ffffL;
        }

        @Override
        public boolean endsBlock() {
            return true;
        }
    }
}
