package xenolith.machine.translate;

import java.util.Arrays;
import jdk.internal.misc.Unsafe;
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
    private static final Unsafe U = Unsafe.getUnsafe();

    /** Bytes of a slot's words as a power of two. */
    private static final int WORDS_SHIFT = 4;

    private static final long TAG_OFFSET = Unsafe.ARRAY_LONG_BASE_OFFSET;

    private static final long WHERE_OFFSET = TAG_OFFSET + Long.BYTES;

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
        this.words = new long[2 * size];
        this.codes = new GuestCode[size];
        Arrays.fill(words, EMPTY);
    }

    /** HotSpot knows that this is an index of the table. */
    private int slot(long rip) {
        return (int) (rip ^ rip >>> 12) & codes.length - 1;
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

    /**
     * The translated code at {@code rip}, valid or not, or null. A slot needs no check against the
     * tables' lengths, since it is cut to them.
     */
    @Nullable GuestCode find(long rip) {
        int slot = slot(rip);
        if (U.getLong(words, TAG_OFFSET + ((long) slot << WORDS_SHIFT)) != tag(rip)) {
            return null;
        }
        return codes[slot];
    }

    /** Where it is entered at {@code rip}, where it was found: for {@link #entry} and others. */
    long where(long rip) {
        return U.getLong(words, WHERE_OFFSET + ((long) slot(rip) << WORDS_SHIFT));
    }

    /** The entry. */
    static int entry(long where) {
        return (int) where & (1 << ENTRY_BITS) - 1;
    }

    /** The linear address of the code's offset 0, if it is entered at {@code rip}. */
    static long base(long where, long rip) {
        return rip - (where >> ENTRY_BITS);
    }

    /**
     * Keeps the translation of {@code block}, which is the one at {@code rip}; answers whether it
     * has one that fits here.
     */
    boolean fill(long rip, Block block) {
        if (!(block.translation() instanceof GuestCode code)) {
            return false;
        }
        long offset = block.entryOffset();
        if (!code.fits(mmu, rip - offset)) {
            return false;
        }
        if (++filled > codes.length / 2 && codes.length < most) {
            grow();
        }
        int slot = slot(rip);
        words[2 * slot] = tag(rip);
        words[2 * slot + 1] = offset << ENTRY_BITS | block.entry();
        codes[slot] = code;
        return true;
    }

    /** Takes larger tables, empty ones: what is in use comes again. */
    private void grow() {
        int size = Math.min(most, GROWTH * codes.length);
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
