package xenolith.machine.lift.x87;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/**
 * Control instructions (SDM volume 1, 8.3.10): they leave the pointers to the last instruction
 * alone, and all but FLDCW do not wait for pending exceptions.
 */
abstract class ControlOp extends Op {
    abstract void run(Cpu cpu, Fpu f);

    @Override
    public void execute(Cpu cpu) {
        X87Op.checkAvailable(cpu);
        run(cpu, cpu.fpu);
    }

    /** FNCLEX. */
    static final class Clear extends ControlOp {
        /** Exceptions and SF; ES and B follow. */
        private static final int CLEARED = 0x7f;

        @Override
        void run(Cpu cpu, Fpu f) {
            f.status &= ~CLEARED;
        }
    }

    /** FNINIT. */
    static final class Initialize extends ControlOp {
        @Override
        void run(Cpu cpu, Fpu f) {
            f.init();
        }
    }

    /** Control instructions of older coprocessors. */
    static final class Nothing extends ControlOp {
        @Override
        void run(Cpu cpu, Fpu f) {}
    }

    /** FNSTSW AX. */
    static final class StoreStatusInAx extends ControlOp {
        @Override
        void run(Cpu cpu, Fpu f) {
            cpu.rax = cpu.rax & ~0xffffL | f.statusWord();
        }
    }

    /** FNSTCW, FNSTSW to memory. */
    static final class StoreWord extends ControlOp {
        private final Address address;
        private final boolean status;

        StoreWord(Instruction i, boolean status) {
            this.address = Address.at(i);
            this.status = status;
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            cpu.mmu.write16(address.of(cpu), status ? f.statusWord() : f.control);
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    /** FLDCW. */
    static final class LoadControl extends ControlOp {
        private final Address address;

        LoadControl(Instruction i) {
            this.address = Address.at(i);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            X87Op.checkPending(cpu, f);
            f.setControl((int) cpu.mmu.read16(address.of(cpu)));
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }
}
