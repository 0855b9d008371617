package xenolith.machine.interpret;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.mmu.Mmu;

/**
 * Guest code as one class of the JVM: several blocks in one method, made by the translator from the
 * blocks of the interpreter, and invalid as soon as one of them is.
 */
public abstract class Translation {
    /** What {@link #run} returns: go on at RIP, or as {@code Cpu.exit} says. */
    public static final int GO_ON = 0;

    /**
     * What {@link #run} returns: the one instruction at RIP is for the interpreter, because it
     * faults, stores to code, crosses a page, or is too rare.
     */
    public static final int LEAVE = 1;

    /** Whether its bytes are still those in memory. */
    protected boolean valid = true;

    /** Whether the code may still be run. */
    public final boolean valid() {
        return valid;
    }

    /**
     * The bytes of one of its blocks have changed, or it is to go: it stops before its next
     * instruction.
     */
    public final void invalidate() {
        valid = false;
    }

    /**
     * Runs from an entry. All state is in {@code cpu} before and after.
     *
     * @param r {@code cpu.r}
     * @param mmu {@code cpu.mmu}
     * @param base linear address that stands for offset 0
     * @param entry which of its entries
     * @param quota instructions after which it returns at the next loop or call; it may run up to
     *     its own number of instructions beyond
     */
    public abstract int run(Cpu cpu, long[] r, Mmu mmu, long base, int entry, int quota);
}
