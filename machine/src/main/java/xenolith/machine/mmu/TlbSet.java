package xenolith.machine.mmu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;

/**
 * The translation caches of one processor: one for each level-4 table and mode used lately, of
 * which one a mode is current. All of them agree with the page tables at all times, provided that
 * every change of a present entry is told: then a change of address space need not drop anything.
 *
 * <p>For each level-1 table it is known where it is mapped and in which caches its entries may be,
 * so that a changed entry is dropped from these and nothing else is touched.
 */
final class TlbSet {
    /** Caches of a set. */
    static final int SIZE = 16;

    private static final int CHUNK_SHIFT = 10;
    private static final int REGION_SHIFT = 21;

    /** Low bits of a word of {@link #places}: one a cache. */
    private static final int MASK_BITS = SIZE;

    private static final long MASK = (1L << MASK_BITS) - 1;

    /** In place of a region: the table is mapped at more than one. */
    private static final long SEVERAL = -1L << MASK_BITS;

    /** Entries that a changed entry may make us look at before all is dropped instead. */
    private static final int MOST_LOOKED_AT = 128 * 512;

    /**
     * Level-1 tables that a cache may have translations from; with one more it is emptied, since
     * whatever drops it has to look at them all. They map 8 GiB.
     */
    static final int MOST_TABLES = 4096;

    private final MachineMemory memory;
    private final @Nullable Tlb[] tlbs = new Tlb[SIZE];
    private final Tlb[] current = new Tlb[2];

    /** By frame: the 2 MiB region that it maps as a level-1 table, above the mask of caches. */
    private final long[][] places;

    private final boolean[] shared = new boolean[512];

    /** Level-4 slots of the upper half below which code was looked up since {@link #separate}. */
    private final boolean[] upperSlots = new boolean[512];

    /** Pages of the upper half that were looked up for execution since then, by hash. */
    private final long[] upperExecuted = new long[Tlb.FILTER];

    private int uppers;
    private int generations;
    private long uses;

    /** Entries of tables and of caches that were looked at to drop something, so far. */
    private long lookedAt;

    TlbSet(MachineMemory memory) {
        this.memory = memory;
        this.places = new long[(int) (memory.frames() >>> CHUNK_SHIFT) + 1][];
        for (int mode = 0; mode < current.length; mode++) {
            Tlb tlb = make(mode);
            tlb.mode = mode;
            tlb.root = 0;
            current[mode] = tlb;
        }
    }

    private Tlb make(int index) {
        Tlb tlb = new Tlb(index);
        tlb.generation = ++generations;
        tlb.upper = ++uppers;
        tlbs[index] = tlb;
        return tlb;
    }

    /** The cache that mode {@code mode} uses now. */
    Tlb current(int mode) {
        return current[mode];
    }

    // ---- roots -------------------------------------------------------------------------------

    /** Makes the table at {@code cr3} that of {@code mode}, with what is still known of it. */
    void load(int mode, long cr3) {
        Tlb from = current[mode];
        if (from.root == cr3) {
            return;
        }
        Tlb known = find(mode, cr3, from.user);
        Tlb tlb = known != null ? known : fresh(mode, cr3, from);
        tlb.lastUse = ++uses;
        current[mode] = tlb;
    }

    private @Nullable Tlb find(int mode, long cr3, boolean user) {
        for (Tlb tlb : tlbs) {
            if (tlb != null && tlb.root == cr3 && tlb.mode == mode && tlb.user == user) {
                return tlb;
            }
        }
        return null;
    }

    private Tlb fresh(int mode, long cr3, Tlb from) {
        Tlb tlb = leastUsed();
        forgetTables(tlb);
        tlb.root = cr3;
        tlb.mode = mode;
        tlb.user = from.user;
        tlb.generation = ++generations;
        tlb.upper = sameUpper(from.root, cr3) ? from.upper : ++uppers;
        if (findShared(from.root, cr3)) {
            tlb.copy(from, shared);
            shareTables(from, tlb);
        } else {
            tlb.empty();
        }
        return tlb;
    }

    private Tlb leastUsed() {
        Tlb least = null;
        for (int i = 0; i < SIZE; i++) {
            Tlb tlb = tlbs[i];
            if (tlb == null) {
                return make(i);
            }
            if (tlb == current[0] || tlb == current[1]) {
                continue;
            }
            if (tlb.root == Tlb.NO_ROOT) {
                return tlb;
            }
            if (least == null || tlb.lastUse < least.lastUse) {
                least = tlb;
            }
        }
        return java.util.Objects.requireNonNull(least);
    }

    /** Finds the entries that two level-4 tables have in common; whether there are any. */
    private boolean findShared(long one, long other) {
        boolean any = false;
        long end = memory.frames() << Pte.PAGE_SHIFT;
        if (one >= end || other >= end) {
            return false;
        }
        for (int i = 0; i < shared.length; i++) {
            long a = memory.get64(one + 8L * i);
            long b = memory.get64(other + 8L * i);
            // Without its A bit an entry still has to be walked, which sets it.
            shared[i] = a == b && (a & (Pte.P | Pte.A)) == (Pte.P | Pte.A);
            any |= shared[i];
        }
        return any;
    }

    /** Whether all code of the upper half that was looked up so far is the same below both. */
    private boolean sameUpper(long one, long other) {
        long end = memory.frames() << Pte.PAGE_SHIFT;
        if (one >= end || other >= end) {
            return false;
        }
        for (int i = 256; i < upperSlots.length; i++) {
            long a = memory.get64(one + 8L * i);
            if (upperSlots[i]
                    && (a != memory.get64(other + 8L * i)
                            || (a & (Pte.P | Pte.A)) != (Pte.P | Pte.A))) {
                return false;
            }
        }
        return true;
    }

    private void shareTables(Tlb from, Tlb to) {
        for (int i = 0; i < from.tableCount; i++) {
            int mfn = from.tables[i];
            long[] chunk = places[mfn >>> CHUNK_SHIFT];
            int at = mfn & (1 << CHUNK_SHIFT) - 1;
            long region = chunk[at] >>> MASK_BITS;
            boolean several = (chunk[at] | MASK) == -1L;
            if (several || shared[(int) (region >>> 39 - REGION_SHIFT) & 511]) {
                chunk[at] |= 1L << to.index;
                addTable(to, mfn);
            }
        }
    }

    // ---- code --------------------------------------------------------------------------------

    /** Notes that {@code vaddr} is looked up for execution in {@code tlb}. */
    void noteExecuted(Tlb tlb, long vaddr) {
        tlb.noteExecuted(vaddr);
        if (vaddr >= 0) {
            return;
        }
        int slot = Pte.index(vaddr, 4);
        if (!upperSlots[slot]) {
            // What was the same so far may differ here.
            for (Tlb t : tlbs) {
                if (t != null) {
                    t.upper = ++uppers;
                }
            }
            upperSlots[slot] = true;
        }
        Tlb.filter(upperExecuted, vaddr);
    }

    /** Forgets where code is in the upper half, which is no longer the same everywhere. */
    private void separate() {
        for (Tlb tlb : tlbs) {
            if (tlb != null) {
                tlb.forgetExecuted();
                tlb.generation = ++generations;
                tlb.upper = ++uppers;
            }
        }
        Arrays.fill(upperSlots, false);
        Arrays.fill(upperExecuted, 0);
    }

    /** The page of {@code vaddr} may lead elsewhere now. */
    private void pageChanged(long vaddr) {
        if (vaddr < 0 && Tlb.mayHold(upperExecuted, vaddr)) {
            separate();
        }
    }

    // ---- tables ------------------------------------------------------------------------------

    /**
     * {@code tlb} takes a translation of {@code vaddr} from the level-1 table {@code mfn}; -1 for
     * that of a large page, which no changed entry of a level-1 table can concern.
     *
     * @param mayEmpty whether {@code tlb} may be emptied first
     * @return whether it was
     */
    boolean note(Tlb tlb, long mfn, long vaddr, boolean mayEmpty) {
        if (mfn < 0) {
            return false;
        }
        int m = (int) mfn;
        long[] chunk = places[m >>> CHUNK_SHIFT];
        if (chunk == null) {
            chunk = new long[1 << CHUNK_SHIFT];
            places[m >>> CHUNK_SHIFT] = chunk;
        }
        int at = m & (1 << CHUNK_SHIFT) - 1;
        long place = chunk[at];
        long region = vaddr >>> REGION_SHIFT << MASK_BITS;
        long bit = 1L << tlb.index;
        if ((place & bit) != 0 && (place & ~MASK) == region) {
            return false;
        }
        if ((place & MASK) == 0) {
            chunk[at] = region | bit;
        } else {
            chunk[at] = ((place & ~MASK) == region ? place : place | SEVERAL) | bit;
        }
        if ((place & bit) != 0) {
            return false;
        }
        boolean full = mayEmpty && tlb.tableCount >= MOST_TABLES;
        if (full) {
            flush(tlb);
        }
        addTable(tlb, m);
        return full;
    }

    private static void addTable(Tlb tlb, int mfn) {
        if (tlb.tableCount == tlb.tables.length) {
            tlb.tables = Arrays.copyOf(tlb.tables, 2 * tlb.tableCount);
        }
        tlb.tables[tlb.tableCount++] = mfn;
    }

    private void forgetTables(Tlb tlb) {
        long others = ~(1L << tlb.index);
        for (int i = 0; i < tlb.tableCount; i++) {
            int mfn = tlb.tables[i];
            places[mfn >>> CHUNK_SHIFT][mfn & (1 << CHUNK_SHIFT) - 1] &= others;
        }
        tlb.tableCount = 0;
    }

    /** Translations that a walk does not give now, one sentence each. */
    List<String> stale() {
        PageWalk walk = new PageWalk(memory);
        List<String> stale = new ArrayList<>();
        for (Tlb tlb : tlbs) {
            if (tlb != null && tlb.root != Tlb.NO_ROOT) {
                tlb.compare(walk, memory, stale);
            }
        }
        return stale;
    }

    // ---- dropping ----------------------------------------------------------------------------

    /** The entry at {@code maddr} of a level-1 table is no longer what it was. */
    void entryChanged(long maddr) {
        long place = place(maddr >>> Pte.PAGE_SHIFT);
        if ((place & MASK) == 0) {
            return;
        }
        if ((place | MASK) == -1L) {
            flushEach(place & MASK);
            return;
        }
        long vaddr = place >>> MASK_BITS << REGION_SHIFT | (maddr & 0xff8) << 9;
        for (long mask = place & MASK; mask != 0; mask &= mask - 1) {
            Tlb tlb = java.util.Objects.requireNonNull(tlbs[Long.numberOfTrailingZeros(mask)]);
            if (tlb.dropPage(vaddr)) {
                tlb.generation = ++generations;
            }
        }
        pageChanged(vaddr);
    }

    /**
     * The entry at {@code maddr} of a table of {@code level}, 2 to 4, is no longer {@code old},
     * which was present.
     */
    void tableEntryChanged(long maddr, int level, long old) {
        entryChanged(maddr);
        if (!tableGone(old, level - 1, lookedAt + MOST_LOOKED_AT)) {
            flush();
        }
    }

    /**
     * Drops what came from the table of {@code level} that {@code entry} leads to, and from those
     * below it. (By a linear mapping each table serves as one of a lower level too.) Tables may
     * name one and the same table again and again: false, and not all dropped, if {@link #lookedAt}
     * comes to {@code end}.
     */
    private boolean tableGone(long entry, int level, long end) {
        long table = entry & Pte.ADDRESS;
        if (level > 1) {
            lookedAt += 512;
        }
        for (int i = 0; level > 1 && i < 512; i++) {
            long below = memory.get64(table + 8L * i);
            if ((below & Pte.P) != 0 && !tableGone(below, level - 1, end)) {
                return false;
            }
        }
        tableGone(table >>> Pte.PAGE_SHIFT);
        return lookedAt < end;
    }

    /** Drops what came from frame {@code mfn} as a level-1 table. */
    private void tableGone(long mfn) {
        long place = mfn < memory.frames() ? place(mfn) : 0;
        if ((place & MASK) == 0) {
            return;
        }
        long vaddr = place >>> MASK_BITS << REGION_SHIFT;
        if ((place | MASK) == -1L || vaddr < 0) {
            flushEach(place & MASK);
            return;
        }
        for (long mask = place & MASK; mask != 0; mask &= mask - 1) {
            Tlb tlb = java.util.Objects.requireNonNull(tlbs[Long.numberOfTrailingZeros(mask)]);
            lookedAt += 512;
            if (tlb.dropRegion(vaddr)) {
                tlb.generation = ++generations;
            }
        }
    }

    /** Entries that were looked at so far: what the time went into that dropping took. */
    long lookedAt() {
        return lookedAt;
    }

    private long place(long mfn) {
        long[] chunk = places[(int) mfn >>> CHUNK_SHIFT];
        return chunk == null ? 0 : chunk[(int) mfn & (1 << CHUNK_SHIFT) - 1];
    }

    private void flushEach(long caches) {
        for (long mask = caches; mask != 0; mask &= mask - 1) {
            flush(java.util.Objects.requireNonNull(tlbs[Long.numberOfTrailingZeros(mask)]));
        }
        separate();
    }

    /** Forgets the level-4 table at {@code cr3}: it is none any more. */
    void forgetRoot(long cr3) {
        for (Tlb tlb : tlbs) {
            if (tlb == null || tlb.root != cr3) {
                continue;
            }
            flush(tlb);
            if (tlb != current[0] && tlb != current[1]) {
                tlb.root = Tlb.NO_ROOT;
            }
        }
    }

    void flush(Tlb tlb) {
        lookedAt += 512 + tlb.tableCount;
        tlb.empty();
        tlb.generation = ++generations;
        tlb.upper = ++uppers;
        forgetTables(tlb);
    }

    /** Drops everything. */
    void flush() {
        for (Tlb tlb : tlbs) {
            if (tlb != null && tlb.root != Tlb.NO_ROOT) {
                flush(tlb);
                if (tlb != current[0] && tlb != current[1]) {
                    tlb.root = Tlb.NO_ROOT;
                }
            }
        }
    }

    /** Drops the translations of the page of {@code vaddr}. */
    void flushPage(long vaddr) {
        for (Tlb tlb : tlbs) {
            if (tlb != null && tlb.dropPage(vaddr)) {
                tlb.generation = ++generations;
            }
        }
        pageChanged(vaddr);
    }

    void dropWrites(long host) {
        for (Tlb tlb : tlbs) {
            if (tlb != null && tlb.root != Tlb.NO_ROOT) {
                tlb.dropWrites(host);
            }
        }
    }

    void dropFrame(long host) {
        for (Tlb tlb : tlbs) {
            if (tlb != null && tlb.root != Tlb.NO_ROOT) {
                lookedAt += tlb.size();
                tlb.dropFrame(host);
            }
        }
        separate();
    }
}
