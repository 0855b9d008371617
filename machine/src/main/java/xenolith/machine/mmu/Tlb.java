package xenolith.machine.mmu;

import java.util.Arrays;

/**
 * The cached translations of one root: direct-mapped, reads and writes apart. A tag is the page's
 * linear address; an addend is what makes a host address of a linear one.
 */
final class Tlb {
    static final int SIZE = 1024;
    private static final int EXECUTE_SIZE = 64;

    /** No page has this address. */
    static final long EMPTY = 1;

    final long[] readTag = new long[SIZE];
    final long[] readAddend = new long[SIZE];
    final long[] writeTag = new long[SIZE];
    final long[] writeAddend = new long[SIZE];
    final long[] executeTag = new long[EXECUTE_SIZE];

    /** Machine address of the page. */
    final long[] executeMaddr = new long[EXECUTE_SIZE];

    /** Machine address of the level-4 table. */
    long root;

    /** Whether accesses through this root are user-mode accesses. */
    boolean user = true;

    /** Counts flushes, and so tells caches built on these translations when to drop theirs. */
    int generation;

    Tlb() {
        flush();
    }

    static int slot(long vaddr) {
        return (int) (vaddr >>> 12) & SIZE - 1;
    }

    static int executeSlot(long vaddr) {
        return (int) (vaddr >>> 12) & EXECUTE_SIZE - 1;
    }

    void flush() {
        Arrays.fill(readTag, EMPTY);
        Arrays.fill(writeTag, EMPTY);
        Arrays.fill(executeTag, EMPTY);
        generation++;
    }

    void flushPage(long vaddr) {
        readTag[slot(vaddr)] = EMPTY;
        writeTag[slot(vaddr)] = EMPTY;
        executeTag[executeSlot(vaddr)] = EMPTY;
    }

    /** Drops write entries that lead to the host page at {@code host}. */
    void dropWrites(long host) {
        for (int i = 0; i < SIZE; i++) {
            if (writeTag[i] != EMPTY && writeTag[i] + writeAddend[i] == host) {
                writeTag[i] = EMPTY;
            }
        }
    }

    /** Drops all entries that lead to the host page at {@code host}, machine address maddr. */
    void dropFrame(long host, long maddr) {
        dropWrites(host);
        for (int i = 0; i < SIZE; i++) {
            if (readTag[i] != EMPTY && readTag[i] + readAddend[i] == host) {
                readTag[i] = EMPTY;
            }
        }
        for (int i = 0; i < EXECUTE_SIZE; i++) {
            if (executeTag[i] != EMPTY && executeMaddr[i] == maddr) {
                executeTag[i] = EMPTY;
                generation++;
            }
        }
    }
}
