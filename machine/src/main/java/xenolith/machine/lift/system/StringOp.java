package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.ir.Op;

/**
 * A string instruction, with or without a repeat prefix (SDM volume 2, REP). Registers are always
 * those after the last whole element, so that a fault in the middle restarts there. A long
 * repetition is cut into chunks: at the end of one RIP stays at the instruction, which counts as
 * retired only with its last chunk.
 */
abstract class StringOp extends Op {
    /** Elements a chunk may have. */
    private static final long CHUNK = 1 << 16;

    final StringForm form;

    StringOp(StringForm form) {
        this.form = form;
    }

    /**
     * Works on 1 to {@code most} elements and moves RSI and RDI behind them.
     *
     * @return how many elements were done, not 0
     */
    abstract long several(Cpu cpu, long most);

    /** Whether a repetition ends here although RCX is not 0. */
    boolean enough(Cpu cpu) {
        return false;
    }

    @Override
    public final void execute(Cpu cpu) {
        if (form.repeated) {
            repeat(cpu);
        } else {
            several(cpu, 1);
        }
    }

    private void repeat(Cpu cpu) {
        long left = form.count(cpu);
        if (left == 0) {
            form.noneCounted(cpu);
            cpu.rip = SystemOp.next(cpu, form.instruction);
            return;
        }
        // With breakpoints, or to step, each element is an event of its own.
        long budget = cpu.breakpoints.oneByOne() ? 1 : CHUNK;
        boolean enough = false;
        while (left != 0 && budget > 0 && !enough) {
            long n = several(cpu, left < 0 ? budget : Math.min(left, budget));
            form.counted(cpu, n);
            left -= n;
            budget -= n;
            enough = enough(cpu);
        }
        if (left == 0 || enough) {
            cpu.rip = SystemOp.next(cpu, form.instruction);
        } else {
            cpu.rip = SystemOp.here(cpu, form.instruction);
            cpu.retired--;
        }
    }

    @Override
    public final boolean endsBlock() {
        return form.repeated;
    }
}
