package xenolith.machine.mmu;

import java.util.Arrays;
import java.util.List;
import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;

/**
 * The cached translations of one level-4 table for one mode, direct-mapped. It grows where
 * translations evict each other, and is small again when it was emptied.
 *
 * <p>An entry is four words: the linear address of the page if it may be read, what makes a host
 * address of a linear one ({@link #ADDEND}), the linear address of the same page if it may be
 * stored to ({@link #WRITE}), and one that is not used.
 */
final class Tlb {
    /** Entries in the beginning. */
    private static final int LEAST = 1024;

    /** The most that it grows to: 256 MiB. */
    private static final int MOST = 65_536;

    private static final int GROWTH = 4;

    /**
     * Evictions that are too many are this part of the size: each costs hot code an instruction in
     * the interpreter.
     */
    private static final int MANY_EVICTIONS = 4;

    /** How many times as large as what it has a cache that shrinks still is, at most. */
    private static final int ROOMY = 8;

    private static final int EXECUTE_SIZE = 256;

    /** Words of a filter: a set of pages by hash, which may seem to hold more than it does. */
    static final int FILTER = 512;

    private static final int REGION_SHIFT = 21;
    private static final long PAGE = Pte.PAGE_MASK;

    /** No page has this address. */
    static final long EMPTY = 1;

    /** All level-4 entries. */
    private static final boolean[] ALL = new boolean[512];

    static {
        Arrays.fill(ALL, true);
    }

    /** No level-4 table has this address. */
    static final long NO_ROOT = -1;

    /** Words of an entry. */
    private static final int WORDS = 4;

    /** Bytes of an entry as a power of two. */
    static final int ENTRY_SHIFT = 5;

    /** Where an entry has its addend. */
    static final int ADDEND = 1;

    /** Where an entry has its tag for stores. */
    static final int WRITE = 2;

    /** The entries, a power of two; another array after {@link #empty} and {@link #grow}. */
    long[] entries = new long[WORDS * LEAST];

    /** How often one translation took the place of another since this size was chosen. */
    private int evictions;

    final long[] executeTag = new long[EXECUTE_SIZE];

    /** Machine address of the page. */
    final long[] executeMaddr = new long[EXECUTE_SIZE];

    /** Pages that were looked up for execution since {@link #generation} changed, by hash. */
    private final long[] executed = new long[FILTER];

    /** The same for their 2 MiB regions. */
    private final long[] executedRegions = new long[FILTER];

    /** Number of this cache in its set. */
    final int index;

    /** Machine address of the level-4 table. */
    long root = NO_ROOT;

    /** {@code Mmu.KERNEL} or {@code Mmu.USER}. */
    int mode;

    /** Whether accesses are user-mode accesses. */
    boolean user = true;

    /**
     * Changes when a page that may be executed is dropped; no two caches of a set share a value.
     */
    int generation;

    /**
     * The same number in two caches says that what was looked up for execution in the upper half of
     * one is found in the other too.
     */
    int upper;

    /** When it was last made the current one of its mode; what is least is reused first. */
    long lastUse;

    /** Level-1 tables that translations came from, as frame numbers. */
    int[] tables = new int[64];

    int tableCount;

    Tlb(int index) {
        this.index = index;
        empty();
    }

    /**
     * Where in {@link #entries}, in bytes, the entry for {@code vaddr} is, when cut by {@link
     * #mask}.
     */
    static long place(long vaddr) {
        return vaddr >>> Pte.PAGE_SHIFT - ENTRY_SHIFT;
    }

    /** The bits of {@link #place} that count. */
    long mask() {
        return (long) entries.length * Long.BYTES - 1 & -1L << ENTRY_SHIFT;
    }

    /** Entries for reads and writes. */
    int size() {
        return entries.length / WORDS;
    }

    private int slot(long vaddr) {
        return (int) (vaddr >>> Pte.PAGE_SHIFT) * WORDS & entries.length - 1;
    }

    /** Entry {@code i} takes the page of {@code vaddr}, which {@code host} is the address of. */
    void fill(int i, long vaddr, long host, boolean storable) {
        entries[i] = vaddr & PAGE;
        entries[i + ADDEND] = host - vaddr;
        entries[i + WRITE] = storable ? vaddr & PAGE : EMPTY;
    }

    /** Counts what {@code vaddr} is going to evict; whether that was too much for this size. */
    boolean crowded(long vaddr) {
        long found = entries[slot(vaddr)];
        if (found == EMPTY || found == (vaddr & PAGE)) {
            return false;
        }
        return ++evictions > size() / MANY_EVICTIONS && entries.length < WORDS * MOST;
    }

    /** Takes larger arrays, with the same translations. */
    void grow() {
        long[] old = entries;
        allocate(GROWTH * old.length);
        insert(old, ALL);
    }

    /** Takes over what {@code from} has below the level-4 entries that {@code wanted} names. */
    private void insert(long[] from, boolean[] wanted) {
        for (int i = 0; i < from.length; i += WORDS) {
            if (from[i] != EMPTY && wanted[level4(from[i])]) {
                System.arraycopy(from, i, entries, slot(from[i]), WORDS);
            }
        }
    }

    /** Becomes empty for reads and writes, with {@code length} words. */
    private void allocate(int length) {
        if (length != entries.length) {
            entries = new long[length];
        }
        Arrays.fill(entries, EMPTY);
        evictions = 0;
    }

    /** Takes over what {@code from} has for reads and execution, nothing for writes. */
    void copyForReads(Tlb from) {
        allocate(from.entries.length);
        System.arraycopy(from.entries, 0, entries, 0, entries.length);
        dropWrites();
        System.arraycopy(from.executeTag, 0, executeTag, 0, EXECUTE_SIZE);
        System.arraycopy(from.executeMaddr, 0, executeMaddr, 0, EXECUTE_SIZE);
    }

    static int executeSlot(long vaddr) {
        return (int) (vaddr >>> 12 ^ vaddr >>> 20) & EXECUTE_SIZE - 1;
    }

    /** Drops everything; whoever calls gives it a new generation. */
    void empty() {
        allocate(WORDS * LEAST);
        forgetExecuted();
    }

    /** Takes a size that fits what it has, if it is much too large: it is looked through often. */
    private void shrink() {
        int used = 0;
        for (int i = 0; i < entries.length; i += WORDS) {
            used += entries[i] == EMPTY ? 0 : 1;
        }
        int wanted = Math.max(LEAST, Integer.highestOneBit(ROOMY / 2 * used));
        if (wanted < size()) {
            long[] old = entries;
            allocate(WORDS * wanted);
            insert(old, ALL);
        }
    }

    /** Takes over the translations of {@code from} whose level-4 entries {@code shared} names. */
    void copy(Tlb from, boolean[] shared) {
        from.shrink();
        allocate(WORDS * LEAST);
        insert(from.entries, shared);
        System.arraycopy(from.executeMaddr, 0, executeMaddr, 0, EXECUTE_SIZE);
        for (int i = 0; i < EXECUTE_SIZE; i++) {
            executeTag[i] = kept(from.executeTag[i], shared);
        }
        System.arraycopy(from.executed, 0, executed, 0, executed.length);
        System.arraycopy(from.executedRegions, 0, executedRegions, 0, executedRegions.length);
    }

    /** {@code page}, if it is shared. An empty slot looks like a page of entry 0, and stays. */
    private static long kept(long page, boolean[] shared) {
        return shared[level4(page)] ? page : EMPTY;
    }

    private static int level4(long page) {
        return (int) (page >>> 39) & 511;
    }

    /** Adds a sentence to {@code stale} for each translation that {@code walk} does not give. */
    void compare(PageWalk walk, MachineMemory memory, List<String> stale) {
        for (int i = 0; i < entries.length; i += WORDS) {
            long maddr = entries[i] + entries[i + ADDEND] - memory.host(0);
            compare(walk, entries[i], maddr, Access.READ, stale);
            compare(walk, entries[i + WRITE], maddr, Access.WRITE, stale);
        }
        for (int i = 0; i < EXECUTE_SIZE; i++) {
            compare(walk, executeTag[i], executeMaddr[i], Access.EXECUTE, stale);
        }
    }

    private void compare(PageWalk walk, long page, long maddr, int access, List<String> stale) {
        if (page == EMPTY) {
            return;
        }
        if (walk.walk(root, page, access, user) != 0 || walk.maddr != maddr) {
            stale.add(
                    String.format(
                            "a cached translation of %x for access %d leads to %x (root %x)",
                            page, access, maddr, root));
        }
    }

    /** Notes that {@code vaddr} is looked up for execution. */
    void noteExecuted(long vaddr) {
        filter(executed, vaddr);
        filter(executedRegions, vaddr >>> REGION_SHIFT << 12);
    }

    /** Adds the page of {@code vaddr} to {@code filter}. */
    static void filter(long[] filter, long vaddr) {
        int hash = executedHash(vaddr);
        filter[hash >>> 6] |= 1L << hash;
    }

    /** Whether the page of {@code vaddr} may be in {@code filter}. */
    static boolean mayHold(long[] filter, long vaddr) {
        int hash = executedHash(vaddr);
        return (filter[hash >>> 6] & 1L << hash) != 0;
    }

    private static int executedHash(long vaddr) {
        return (int) (vaddr >>> 12 ^ vaddr >>> 27) & 64 * FILTER - 1;
    }

    private void drop(long page) {
        int i = slot(page);
        if (entries[i] == page) {
            entries[i] = EMPTY;
            entries[i + WRITE] = EMPTY;
        }
    }

    /** Drops the 2 MiB at {@code vaddr}; whether code may have been executed there. */
    boolean dropRegion(long vaddr) {
        for (int i = 0; i < 512; i++) {
            drop(vaddr + ((long) i << 12));
        }
        if (!mayHold(executedRegions, vaddr >>> REGION_SHIFT << 12)) {
            return false;
        }
        forgetExecuted();
        return true;
    }

    /** Drops the page of {@code vaddr}; whether code may have been executed there. */
    boolean dropPage(long vaddr) {
        drop(vaddr & PAGE);
        if (!mayHold(executed, vaddr)) {
            return false;
        }
        forgetExecuted();
        return true;
    }

    void forgetExecuted() {
        Arrays.fill(executeTag, EMPTY);
        Arrays.fill(executed, 0);
        Arrays.fill(executedRegions, 0);
    }

    /** Has all stores looked up anew. */
    void dropWrites() {
        for (int i = 0; i < entries.length; i += WORDS) {
            entries[i + WRITE] = EMPTY;
        }
    }

    /** Has stores that lead to the host page at {@code host} looked up anew. */
    void dropWrites(long host) {
        for (int i = 0; i < entries.length; i += WORDS) {
            if (leadsTo(i, host)) {
                entries[i + WRITE] = EMPTY;
            }
        }
    }

    /** Drops all entries that lead to the host page at {@code host}. */
    void dropFrame(long host) {
        for (int i = 0; i < entries.length; i += WORDS) {
            if (leadsTo(i, host)) {
                entries[i] = EMPTY;
                entries[i + WRITE] = EMPTY;
            }
        }
        forgetExecuted();
    }

    private boolean leadsTo(int i, long host) {
        return entries[i] != EMPTY && entries[i] + entries[i + ADDEND] == host;
    }
}
