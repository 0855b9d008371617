package xenolith.machine.lift.x87;

import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/**
 * A waiting x87 instruction (SDM volume 1, 8.3.11): #NM while CR0.EM or CR0.TS is set, #MF while an
 * unmasked exception is pending, then its work, then the pointers to the last instruction.
 */
abstract class X87Op extends Op {
    private static final long CR0_EM_TS = 0xc;

    private final int blockOffset;
    private final int opcode;

    X87Op(Instruction i) {
        this.blockOffset = i.blockOffset;
        this.opcode = (i.opcode & 7) << 8 | i.mod << 6 | (i.reg & 7) << 3 | i.rm & 7;
    }

    /** Does the work, or throws a fault having changed nothing. */
    abstract void run(Cpu cpu, Fpu f);

    @Override
    public void execute(Cpu cpu) {
        checkAvailable(cpu);
        Fpu f = cpu.fpu;
        checkPending(cpu, f);
        run(cpu, f);
        f.lastOpcode = opcode;
        f.lastInstruction = cpu.block + blockOffset;
        f.lastCodeSelector = cpu.segments[Segment.CS].selector;
    }

    static void checkAvailable(Cpu cpu) {
        if ((cpu.cr0 & CR0_EM_TS) != 0) {
            throw cpu.fault(Vector.NM);
        }
    }

    static void checkPending(Cpu cpu, Fpu f) {
        if (f.pending()) {
            throw cpu.fault(Vector.MF);
        }
    }
}
