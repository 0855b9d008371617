package xenolith.machine.lift.x87;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;

/** A waiting x87 instruction with an operand in memory, which it remembers the address of. */
abstract class X87MemoryOp extends X87Op {
    final Address address;
    private final int segment;
    private final boolean longMode;

    X87MemoryOp(Instruction i) {
        super(i);
        this.address = Address.at(i);
        this.segment = i.segment;
        this.longMode = i.mode == Cpu.MODE_64;
    }

    /** Does the work but for the pointer to the operand. */
    abstract void operate(Cpu cpu, Fpu f);

    @Override
    final void run(Cpu cpu, Fpu f) {
        operate(cpu, f);
        f.lastOperand = address.offset(cpu);
        f.lastDataSelector = longMode ? 0 : cpu.segments[segment].selector;
    }

    @Override
    public boolean stackOperand() {
        return address.stack();
    }
}
