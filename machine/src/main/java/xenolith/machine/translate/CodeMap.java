package xenolith.machine.translate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import xenolith.machine.interpret.Block;
import xenolith.machine.mmu.Mmu;

/**
 * Translated code by linear address, for one processor and one half of an address space: a
 * direct-mapped cache of what was checked against the page tables.
 *
 * <p>What is read when code is entered lies close together: wide code lives on the host's caches.
 */
final class CodeMap {
    /** No slot. */
    static final int NOWHERE = -1;

    /** Low bits of a slot's second word: the number of the entry. Above it: its offset. */
    private static final int ENTRY_BITS = 8;

    /** Slots in the beginning. */
    private static final int LEAST = 1 << 9;

    private static final int GROWTH = 4;

    /** Canonical addresses leave so many upper bits to tell what was checked when. */
    private static final int STAMP_SHIFT = 48;

    private static final long LAST_STAMP = 0xffff;

    /** Of a slot that is empty: not canonical, whatever the stamp. */
    private static final long EMPTY = 1L << 47;

    private final Mmu mmu;
    private final int most;
    private int mask;

    /** Two words a slot: the linear address with the stamp, and where it leads. */
    private long[] words;

    private @Nullable GuestCode[] codes;

    /** Changes when all that was found is to be forgotten. */
    private long stamp;

    private int generation = -1;

    /** How often code was kept since the map has its size, or since all was forgotten. */
    private int filled;

    /** A map that grows to {@code most} slots, a power of two: an idle guest needs few. */
    CodeMap(Mmu mmu, int most) {
        int size = Math.min(LEAST, most);
        this.mmu = mmu;
        this.most = most;
        this.mask = size - 1;
        this.words = new long[2 * size];
        this.codes = new GuestCode[size];
        Arrays.fill(words, EMPTY);
    }

    private int slot(long rip) {
        return (int) (rip ^ rip >>> 12) & mask;
    }

    private long tag(long rip) {
        return rip ^ stamp << STAMP_SHIFT;
    }

    /** Takes notice of flushes: {@code now} is another number after each. */
    void refresh(int now) {
        if (generation != now) {
            generation = now;
            drop();
        }
    }

    /** The slot of the translated code at {@code rip}, or {@link #NOWHERE}. */
    int find(long rip) {
        int slot = slot(rip);
        return words[2 * slot] == tag(rip) ? slot : NOWHERE;
    }

    /** The code of a slot that was found. */
    GuestCode code(int slot) {
        return java.util.Objects.requireNonNull(codes[slot]);
    }

    /** Its entry. */
    int entry(int slot) {
        return (int) words[2 * slot + 1] & (1 << ENTRY_BITS) - 1;
    }

    /** The linear address of its offset 0, if it is entered at {@code rip}. */
    long base(int slot, long rip) {
        return rip - (words[2 * slot + 1] >> ENTRY_BITS);
    }

    /**
     * Keeps the translation of {@code block}, which is the one at {@code rip}; returns its slot, or
     * {@link #NOWHERE} if it has none that fits here.
     */
    int fill(long rip, Block block) {
        if (!(block.translation() instanceof GuestCode code)) {
            return NOWHERE;
        }
        long offset = block.entryOffset();
        if (!code.fits(mmu, rip - offset)) {
            return NOWHERE;
        }
        if (++filled > codes.length / 2 && codes.length < most) {
            grow();
        }
        int slot = slot(rip);
        words[2 * slot] = tag(rip);
        words[2 * slot + 1] = offset << ENTRY_BITS | block.entry();
        codes[slot] = code;
        return slot;
    }

    /** Takes larger tables, empty ones: what is in use comes again. */
    private void grow() {
        int size = Math.min(most, GROWTH * codes.length);
        mask = size - 1;
        words = new long[2 * size];
        codes = new GuestCode[size];
        Arrays.fill(words, EMPTY);
        filled = 0;
    }

    /** Lets go of all code. */
    void clear() {
        Arrays.fill(words, EMPTY);
        Arrays.fill(codes, null);
    }

    /** Forgets what was found so far. */
    void drop() {
        filled = 0;
        if (stamp++ == LAST_STAMP) {
            stamp = 0;
            clear();
        }
    }
}
