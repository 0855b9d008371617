package xenolith.hypervisor.trap;

import xenolith.abi.x86.Pte;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.mmu.Mmu;

/**
 * A frame of words on a 64-bit guest kernel's stack. It mostly lies within a page, which is looked
 * up once for all of them then. What cannot be reached throws the processor's {@code GuestFault}.
 */
final class Frame {
    private static final int WORD = 8;

    /** No frame begins at this address of the host. */
    private static final long NONE = -1;

    private final Mmu mmu;

    /** Linear address of the first word. */
    private final long base;

    private final int words;

    /** Where the first word is in the host's memory, or {@link #NONE}: they are taken singly. */
    private final long host;

    private Frame(Mmu mmu, long base, int words, long host) {
        this.mmu = mmu;
        this.base = base;
        this.words = words;
        this.host = host;
    }

    private static boolean inPage(long base, int words) {
        return (base & Pte.PAGE_SIZE - 1) <= Pte.PAGE_SIZE - WORD * words;
    }

    /** The frame of {@code words} words at {@code base}, to be read. */
    static Frame forRead(Mmu mmu, long base, int words) {
        return new Frame(mmu, base, words, inPage(base, words) ? mmu.hostForRead(base) : NONE);
    }

    /** The same, to be written; behind the last word goes {@link #written}. */
    static Frame forWrite(Mmu mmu, long base, int words) {
        return new Frame(mmu, base, words, inPage(base, words) ? mmu.hostForWrite(base) : NONE);
    }

    /** Word {@code i}. */
    long get(int i) {
        long offset = (long) WORD * i;
        return host == NONE ? mmu.read64(base + offset) : HostMemory.get64(host + offset);
    }

    /** Sets word {@code i}. */
    void put(int i, long value) {
        long offset = (long) WORD * i;
        if (host == NONE) {
            mmu.write64(base + offset, value);
        } else {
            HostMemory.put64(host + offset, value);
        }
    }

    /** The frame is complete. */
    void written() {
        if (host != NONE) {
            mmu.blockWritten(base, WORD * words);
        }
    }
}
