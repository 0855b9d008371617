package xenolith.machine.mmu;

import java.util.Arrays;
import java.util.List;
import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;

/**
 * The cached translations of one level-4 table for one mode: direct-mapped, reads and writes apart.
 * It grows where translations evict each other, and is small again when it was emptied. A tag is
 * the page's linear address; an addend is what makes a host address of a linear one.
 */
final class Tlb {
    /** Entries in the beginning. */
    private static final int LEAST = 1024;

    /** The most that it grows to: 256 MiB. */
    private static final int MOST = 65_536;

    private static final int GROWTH = 4;
    private static final int EXECUTE_SIZE = 256;

    /** Words of a filter: a set of pages by hash, which may seem to hold more than it does. */
    static final int FILTER = 512;

    private static final int REGION_SHIFT = 21;
    private static final long PAGE = Pte.PAGE_MASK;

    /** No page has this address. */
    static final long EMPTY = 1;

    /** No level-4 table has this address. */
    static final long NO_ROOT = -1;

    // A power of two each, and all of one length; others after empty and grow.
    long[] readTag = new long[LEAST];
    long[] readAddend = new long[LEAST];
    long[] writeTag = new long[LEAST];
    long[] writeAddend = new long[LEAST];

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

    /** The regions of a kernel are aligned alike: their numbers above 4 GiB keep them apart. */
    static int hash(long vaddr) {
        return (int) (vaddr >>> 12 ^ vaddr >>> 32);
    }

    private int slot(long vaddr) {
        return hash(vaddr) & readTag.length - 1;
    }

    /** Counts what {@code vaddr} is going to evict; whether that was too much for this size. */
    boolean crowded(long vaddr) {
        long found = readTag[slot(vaddr)];
        if (found == EMPTY || found == (vaddr & PAGE)) {
            return false;
        }
        return ++evictions > readTag.length && readTag.length < MOST;
    }

    /** Takes larger arrays, with the same translations. */
    void grow() {
        long[][] old = {readTag, readAddend, writeTag, writeAddend};
        allocate(GROWTH * readTag.length);
        insert(old[0], old[1], readTag, readAddend);
        insert(old[2], old[3], writeTag, writeAddend);
    }

    private static void insert(long[] fromTag, long[] fromValue, long[] tag, long[] value) {
        for (int i = 0; i < fromTag.length; i++) {
            if (fromTag[i] != EMPTY) {
                int to = hash(fromTag[i]) & tag.length - 1;
                tag[to] = fromTag[i];
                value[to] = fromValue[i];
            }
        }
    }

    /** Becomes empty for reads and writes, with {@code size} entries. */
    private void allocate(int size) {
        if (size != readTag.length) {
            readTag = new long[size];
            readAddend = new long[size];
            writeTag = new long[size];
            writeAddend = new long[size];
        }
        Arrays.fill(readTag, EMPTY);
        Arrays.fill(writeTag, EMPTY);
        evictions = 0;
    }

    /** Takes over what {@code from} has for reads and execution, nothing for writes. */
    void copyForReads(Tlb from) {
        allocate(from.readTag.length);
        System.arraycopy(from.readTag, 0, readTag, 0, readTag.length);
        System.arraycopy(from.readAddend, 0, readAddend, 0, readTag.length);
        System.arraycopy(from.executeTag, 0, executeTag, 0, EXECUTE_SIZE);
        System.arraycopy(from.executeMaddr, 0, executeMaddr, 0, EXECUTE_SIZE);
    }

    static int executeSlot(long vaddr) {
        return (int) (vaddr >>> 12 ^ vaddr >>> 20) & EXECUTE_SIZE - 1;
    }

    /** Drops everything; whoever calls gives it a new generation. */
    void empty() {
        allocate(LEAST);
        forgetExecuted();
    }

    /** Takes over the translations of {@code from} whose level-4 entries {@code shared} names. */
    void copy(Tlb from, boolean[] shared) {
        allocate(LEAST);
        if (from.readTag.length == LEAST) {
            copy(from.readTag, from.readAddend, readTag, readAddend, shared);
            copy(from.writeTag, from.writeAddend, writeTag, writeAddend, shared);
        } else {
            insert(keep(from.readTag, shared), from.readAddend, readTag, readAddend);
            insert(keep(from.writeTag, shared), from.writeAddend, writeTag, writeAddend);
        }
        copy(from.executeTag, from.executeMaddr, executeTag, executeMaddr, shared);
        System.arraycopy(from.executed, 0, executed, 0, executed.length);
        System.arraycopy(from.executedRegions, 0, executedRegions, 0, executedRegions.length);
    }

    private static void copy(
            long[] fromTag, long[] fromValue, long[] tag, long[] value, boolean[] shared) {
        System.arraycopy(fromValue, 0, value, 0, value.length);
        keep(fromTag, tag, shared);
    }

    private static long[] keep(long[] fromTag, boolean[] shared) {
        long[] tag = new long[fromTag.length];
        keep(fromTag, tag, shared);
        return tag;
    }

    private static void keep(long[] fromTag, long[] tag, boolean[] shared) {
        for (int i = 0; i < tag.length; i++) {
            // An empty slot looks like a page of entry 0 and stays what it is.
            long page = fromTag[i];
            tag[i] = shared[(int) (page >>> 39) & 511] ? page : EMPTY;
        }
    }

    /** Adds a sentence to {@code stale} for each translation that {@code walk} does not give. */
    void compare(PageWalk walk, MachineMemory memory, List<String> stale) {
        for (int i = 0; i < readTag.length; i++) {
            compare(
                    walk,
                    readTag[i],
                    readTag[i] + readAddend[i] - memory.host(0),
                    Access.READ,
                    stale);
            compare(
                    walk,
                    writeTag[i],
                    writeTag[i] + writeAddend[i] - memory.host(0),
                    Access.WRITE,
                    stale);
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
        if (readTag[i] == page) {
            readTag[i] = EMPTY;
        }
        if (writeTag[i] == page) {
            writeTag[i] = EMPTY;
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

    /** Drops write entries that lead to the host page at {@code host}. */
    void dropWrites(long host) {
        for (int i = 0; i < readTag.length; i++) {
            if (writeTag[i] != EMPTY && writeTag[i] + writeAddend[i] == host) {
                writeTag[i] = EMPTY;
            }
        }
    }

    /** Drops all entries that lead to the host page at {@code host}. */
    void dropFrame(long host) {
        dropWrites(host);
        for (int i = 0; i < readTag.length; i++) {
            if (readTag[i] != EMPTY && readTag[i] + readAddend[i] == host) {
                readTag[i] = EMPTY;
            }
        }
        forgetExecuted();
    }
}
