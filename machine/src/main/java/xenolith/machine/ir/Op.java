package xenolith.machine.ir;

import xenolith.machine.cpu.Cpu;

/**
 * One guest instruction, ready to run. Immutable and shared by all processors.
 *
 * <p>{@link #execute} either takes full effect, or throws the processor's {@code GuestFault} having
 * changed nothing that the manual says a fault leaves alone. It does not touch {@code Cpu.rip},
 * which stays at the block's first instruction (also in slot {@code Cpu.BLOCK}), unless it is the
 * last of its block: {@link #endsBlock}.
 */
public abstract class Op {
    /** Executes the instruction on {@code cpu}. */
    public abstract void execute(Cpu cpu);

    /**
     * Whether nothing may follow in the block. Such an operation sets {@code Cpu.rip}, and sets
     * {@code Cpu.exit} if the engine must come back to its caller.
     */
    public boolean endsBlock() {
        return false;
    }

    /** Whether debug traps of it wait until the next instruction is done: loads of SS. */
    public boolean holdsBackTraps() {
        return false;
    }

    /**
     * Whether a non-canonical address of the ModRM operand is a stack fault: its segment is SS. The
     * run loop turns #GP(0) of such an operand into #SS(0).
     */
    public boolean stackOperand() {
        return false;
    }
}
