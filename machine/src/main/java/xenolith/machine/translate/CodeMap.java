package xenolith.machine.translate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import xenolith.machine.interpret.Block;
import xenolith.machine.mmu.Mmu;

/**
 * Translated code by linear address, for one processor and one of its address spaces: a
 * direct-mapped cache of what was checked against the page tables.
 */
final class CodeMap {
    private static final int SIZE = 4096;
    private static final long EMPTY = 1;

    private final Mmu mmu;
    private final long[] tags = new long[SIZE];
    private final @Nullable GuestCode[] codes = new GuestCode[SIZE];
    private final int[] entries = new int[SIZE];
    private final long[] bases = new long[SIZE];

    /** Of the flush after which a slot was filled. */
    private final int[] stamps = new int[SIZE];

    private int stamp = 1;
    private int generation = -1;

    CodeMap(Mmu mmu) {
        this.mmu = mmu;
        Arrays.fill(tags, EMPTY);
    }

    private static int slot(long rip) {
        return (int) (rip ^ rip >>> 12) & SIZE - 1;
    }

    /** Takes notice of flushes; the address space is the active one. */
    void refresh() {
        if (generation != mmu.generation()) {
            generation = mmu.generation();
            stamp++;
        }
    }

    /** The slot of the code that may be entered at {@code rip}, or -1. */
    int find(long rip) {
        int i = slot(rip);
        GuestCode code = codes[i];
        return tags[i] == rip && stamps[i] == stamp && code != null && code.valid() ? i : -1;
    }

    GuestCode code(int slot) {
        return java.util.Objects.requireNonNull(codes[slot]);
    }

    int entry(int slot) {
        return entries[slot];
    }

    long base(int slot) {
        return bases[slot];
    }

    /**
     * Keeps the translation of {@code block}, which is the one at {@code rip}; -1 if it has none.
     */
    int fill(long rip, Block block) {
        if (!(block.translation() instanceof GuestCode code)) {
            return -1;
        }
        long base = rip - block.entryOffset();
        if (!code.fits(mmu, base)) {
            return -1;
        }
        int i = slot(rip);
        tags[i] = rip;
        codes[i] = code;
        entries[i] = block.entry();
        bases[i] = base;
        stamps[i] = stamp;
        return i;
    }

    /** Forgets all code. */
    void clear() {
        Arrays.fill(tags, EMPTY);
        Arrays.fill(codes, null);
    }
}
