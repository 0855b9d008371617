package xenolith.machine.interpret;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.ir.Op;

/** Stands for every operation of a block whose bytes have changed: back to the dispatcher. */
final class StaleOp extends Op {
    static final StaleOp INSTANCE = new StaleOp();

    /** Thrown to leave a stale block: the instruction at which it is thrown has not begun. */
    static final class StaleBlock extends RuntimeException {
        private static final long serialVersionUID = 1L;
        static final StaleBlock SIGNAL = new StaleBlock();

        private StaleBlock() {
            super(null, null, false, false);
        }
    }

    private StaleOp() {}

    @Override
    public void execute(Cpu cpu) {
        throw StaleBlock.SIGNAL;
    }
}
