package xenolith.machine.lift.x87;

import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.ir.Op;

/** FWAIT: #NM only if both CR0.MP and CR0.TS are set, #MF for a pending exception. */
final class WaitOp extends Op {
    private static final long CR0_MP_TS = 0xa;

    @Override
    public void execute(Cpu cpu) {
        if ((cpu.cr0 & CR0_MP_TS) == CR0_MP_TS) {
            throw cpu.fault(Vector.NM);
        }
        X87Op.checkPending(cpu, cpu.fpu);
    }
}
