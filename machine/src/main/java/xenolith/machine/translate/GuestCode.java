package xenolith.machine.translate;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.interpret.Block;
import xenolith.machine.interpret.Translation;
import xenolith.machine.mmu.Mmu;

/** The superclass of all translated code, with what the dispatcher must know of it. */
abstract class GuestCode extends Translation {
    /** What {@link #run} returns: go on at RIP. */
    static final int GO_ON = 0;

    /**
     * What {@link #run} returns: the one instruction at RIP is for the interpreter, because it
     * faults, stores to code, crosses a page, or is too rare.
     */
    static final int LEAVE = 1;

    /**
     * What {@link #run} returns: an operation of the interpreter ended it, which may have changed
     * anything or set {@code Cpu.exit}.
     */
    static final int LOOK = 2;

    /** What {@link #run} returns: code that it called came back like this; so do all callers. */
    static final int STOP = 3;

    /** Bits of the parameter {@code entry} that say which; above them the depth of calls. */
    static final int ENTRY_BITS = 16;

    /** Never called: see {@link #describe}. */
    private GuestCode() {
        pages = new int[0];
        frames = new long[0];
    }

    /** Instructions left to the interpreter that make an opinion. */
    private static final int MANY_LEAVES = 1000;

    /** Instructions that take about as long as leaving one. */
    private static final int WORTH_A_LEAVE = 100;

    /** Whether it was made to be compiled quickly. */
    boolean warm;

    /** Instructions run since it was made or promoted, by samples. */
    long work;

    /** How often it left one instruction to the interpreter. */
    int leaves;

    /** The block of its first entry. */
    private @Nullable Block first;

    /** {@link #work} when {@link CodeMemory} looked last. */
    long workBefore;

    /** Pages of its bytes, relative to that of the base, and their machine frames. */
    private int[] pages;

    private long[] frames;

    /** Makes it ready, as no constructor of it is ever run. */
    void describe(Region region, boolean madeQuickly) {
        valid = true;
        first = region.blocks().get(0);
        warm = madeQuickly;
        pages = region.pages().keySet().stream().mapToInt(Integer::intValue).toArray();
        frames = region.pages().values().stream().mapToLong(Long::longValue).toArray();
    }

    /**
     * Says that it left an instruction to the interpreter; one that does so again and again
     * (because it stores beside code, say) goes, for code that may call does it better.
     */
    void left() {
        if (++leaves >= MANY_LEAVES && !warm && leaves > work / WORTH_A_LEAVE && first != null) {
            first.settle();
            invalidate();
        }
    }

    /** Whether its bytes are found at {@code base} through the active root of {@code mmu}. */
    boolean fits(Mmu mmu, long base) {
        // Relative branches near the border of the canonical addresses may fault: not for here.
        if ((base - REACH) << 16 >> 16 != base - REACH
                || (base + REACH) << 16 >> 16 != base + REACH) {
            return false;
        }
        for (int n = 0; n < pages.length; n++) {
            long page = (base & -4096L) + ((long) pages[n] << 12);
            long maddr = mmu.tryFetch(page);
            if (maddr < 0 || maddr >>> 12 != frames[n]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Runs from an entry. All state is in {@code cpu} before and after.
     *
     * @param session that of {@code cpu}
     * @param base linear address that stands for offset 0
     * @param entry which of its entries, and the depth of calls
     * @param quota instructions after which it returns at the next loop or call; it may run up to
     *     its own number of instructions beyond
     */
    abstract int run(Session session, Cpu cpu, long base, int entry, int quota);

    private static final long REACH = 1L << 32;
}
