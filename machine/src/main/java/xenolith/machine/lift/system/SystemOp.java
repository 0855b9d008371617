package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** An instruction of this room: an effect, and whether it ends its block. */
final class SystemOp extends Op {
    private final Effect effect;
    private final boolean last;
    private final boolean stackOperand;
    private final boolean holdsBackTraps;

    /** What an instruction does; {@code Cpu.rip} is its affair only in {@link #jump}. */
    @FunctionalInterface
    interface Effect {
        void on(Cpu cpu);
    }

    /** Makes the exit of an instruction. */
    @FunctionalInterface
    interface Leaving {
        Exit exit();
    }

    private SystemOp(Instruction i, boolean last, Effect effect) {
        this(i, last, effect, false);
    }

    private SystemOp(Instruction i, boolean last, Effect effect, boolean holdsBackTraps) {
        this.effect = effect;
        this.holdsBackTraps = holdsBackTraps;
        this.last = last;
        this.stackOperand = i.memory() && i.segment == Segment.SS;
    }

    /** Does {@code effect} and goes on within the block. */
    static SystemOp inline(Instruction i, Effect effect) {
        return new SystemOp(i, false, effect);
    }

    /**
     * Loads segment {@code segment} by {@code effect}; SS holds debug traps back. Outside 64-bit
     * mode what follows may have to be decoded for other segments.
     */
    static SystemOp load(Instruction i, int segment, Effect effect) {
        boolean ss = segment == Segment.SS;
        if (i.mode == Cpu.MODE_64) {
            return new SystemOp(i, false, effect, ss);
        }
        return new SystemOp(
                i,
                true,
                cpu -> {
                    effect.on(cpu);
                    cpu.rip = next(cpu, i);
                },
                ss);
    }

    /** Does {@code effect} and goes on with the next instruction in a new block. */
    static SystemOp last(Instruction i, Effect effect) {
        return new SystemOp(
                i,
                true,
                cpu -> {
                    effect.on(cpu);
                    cpu.rip = next(cpu, i);
                });
    }

    /** Does {@code effect}, which sets RIP. */
    static SystemOp jump(Instruction i, Effect effect) {
        return new SystemOp(i, true, effect);
    }

    /** Leaves the engine with RIP at the instruction. */
    static SystemOp exit(Instruction i, Leaving leaving) {
        return new SystemOp(i, true, cpu -> leave(cpu, i, leaving.exit()));
    }

    /** Leaves the engine with {@link Exit.Privileged}. */
    static SystemOp privileged(Instruction i) {
        Exit exit = new Exit.Privileged(i);
        return exit(i, () -> exit);
    }

    /** Does nothing. */
    static SystemOp nothing(Instruction i) {
        return inline(i, cpu -> {});
    }

    /** Leaves the engine with RIP at the instruction. */
    static void leave(Cpu cpu, Instruction i, Exit exit) {
        cpu.rip = here(cpu, i);
        cpu.exit = exit;
    }

    /** Address of the instruction. */
    static long here(Cpu cpu, Instruction i) {
        return cpu.block + i.blockOffset & ripMask(i.mode);
    }

    /** Address of the instruction behind it. */
    static long next(Cpu cpu, Instruction i) {
        return cpu.block + i.nextOffset() & ripMask(i.mode);
    }

    private static long ripMask(int mode) {
        return mode == Cpu.MODE_64 ? -1L : mode == Cpu.MODE_32 ? 0xffff_ffffL : 0xffffL;
    }

    @Override
    public void execute(Cpu cpu) {
        effect.on(cpu);
    }

    @Override
    public boolean endsBlock() {
        return last;
    }

    @Override
    public boolean holdsBackTraps() {
        return holdsBackTraps;
    }

    @Override
    public boolean stackOperand() {
        return stackOperand;
    }
}
