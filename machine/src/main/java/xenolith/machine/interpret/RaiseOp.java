package xenolith.machine.interpret;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.ir.Op;

/** An instruction that only raises an exception: an undefined opcode, UD2, one too long. */
final class RaiseOp extends Op {
    private final int vector;
    private final int errorCode;

    RaiseOp(int vector, int errorCode) {
        this.vector = vector;
        this.errorCode = errorCode;
    }

    @Override
    public void execute(Cpu cpu) {
        throw cpu.fault(vector, errorCode);
    }

    @Override
    public boolean endsBlock() {
        return true;
    }
}
