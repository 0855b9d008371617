package xenolith.machine.mmu;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;

/**
 * The 4-level page walk of long mode (SDM volume 3, 4.5), with CR0.WP and EFER.NXE set. Sets
 * accessed and dirty bits as the processor does.
 */
public final class PageWalk {
    private final MachineMemory memory;

    /** Machine address of the byte, after a walk that succeeded. */
    long maddr;

    /** Whether stores may go on without another walk: writable for this access, and dirty. */
    boolean storable;

    /** Frame of the level-1 table that was used, or -1 for a large page. */
    long table;

    /** Is told of frames that are going to be stored to, and of walks; usually there is none. */
    @Nullable StoreJournal journal;

    public PageWalk(MachineMemory memory) {
        this.memory = memory;
    }

    /** Machine address found by the last successful {@link #walk}. */
    public long maddr() {
        return maddr;
    }

    /**
     * Translates {@code vaddr} (canonical) below the level-4 table at machine address {@code root}.
     *
     * @param access an {@link Access}
     * @param user whether this is a user-mode access (CPL 3)
     * @return 0 with the results in this object's fields, or the error code of the page fault plus
     *     {@link #FAULT}
     */
    int walk(long root, long vaddr, int access, boolean user) {
        if (journal != null) {
            journal.walked(vaddr);
        }
        long table = root & Pte.ADDRESS;
        long rights = Pte.RW | Pte.U;
        long noExecute = 0;
        for (int level = 4; ; level--) {
            long at = table + 8L * Pte.index(vaddr, level);
            if (at >>> Pte.PAGE_SHIFT >= memory.frames()) {
                return fault(PageFault.P | PageFault.RSVD, access, user);
            }
            long entry = memory.get64(at);
            if ((entry & Pte.P) == 0) {
                return fault(0, access, user);
            }
            rights &= entry;
            noExecute |= entry & Pte.NX;
            boolean leaf = level == 1 || (level <= 3 && (entry & Pte.PS) != 0);
            if (leaf) {
                return leaf(at, entry, vaddr, level, access, user, rights, noExecute);
            }
            if (level == 4 && (entry & Pte.PS) != 0) {
                return fault(PageFault.P | PageFault.RSVD, access, user);
            }
            if ((entry & Pte.A) == 0) {
                setBits(at, entry, Pte.A);
            }
            table = entry & Pte.ADDRESS;
        }
    }

    /**
     * Translates {@code vaddr} (canonical) for execution if that changes nothing: if all entries
     * have their accessed bits already. Answers whether {@link #maddr} and {@link #table} are set.
     */
    boolean peek(long root, long vaddr, boolean user) {
        long at = root & Pte.ADDRESS;
        long needed = Pte.P | Pte.A | (user ? Pte.U : 0);
        for (int level = 4; ; level--) {
            at += 8L * Pte.index(vaddr, level);
            if (at >>> Pte.PAGE_SHIFT >= memory.frames()) {
                return false;
            }
            long entry = memory.get64(at);
            if ((entry & (needed | Pte.NX)) != needed || level == 4 && (entry & Pte.PS) != 0) {
                return false;
            }
            if (level == 1 || (entry & Pte.PS) != 0) {
                long offsets = (1L << Pte.PAGE_SHIFT + 9 * (level - 1)) - 1;
                maddr = entry & Pte.ADDRESS & ~offsets | vaddr & offsets;
                table = level == 1 ? at >>> Pte.PAGE_SHIFT : -1;
                return maddr >>> Pte.PAGE_SHIFT < memory.frames();
            }
            at = entry & Pte.ADDRESS;
        }
    }

    /** Bit that tells a fault with error code 0 from success. */
    public static final int FAULT = 1 << 30;

    private static int fault(int bits, int access, boolean user) {
        return FAULT | bits | access | (user ? PageFault.U : 0);
    }

    private int leaf(
            long at,
            long entry,
            long vaddr,
            int level,
            int access,
            boolean user,
            long rights,
            long noExecute) {
        boolean writable = (rights & Pte.RW) != 0;
        boolean allowed =
                (!user || (rights & Pte.U) != 0)
                        && (access != Access.WRITE || writable)
                        && (access != Access.EXECUTE || noExecute == 0);
        if (!allowed) {
            return fault(PageFault.P, access, user);
        }
        long offset = vaddr & (1L << Pte.PAGE_SHIFT + 9 * (level - 1)) - 1;
        long page = entry & Pte.ADDRESS & -(1L << Pte.PAGE_SHIFT + 9 * (level - 1));
        if (page + offset >>> Pte.PAGE_SHIFT >= memory.frames()) {
            return fault(PageFault.P | PageFault.RSVD, access, user);
        }
        long wanted = access == Access.WRITE ? Pte.A | Pte.D : Pte.A;
        if ((entry & wanted) != wanted) {
            setBits(at, entry, wanted);
            entry |= wanted;
        }
        maddr = page + offset;
        if (journal != null && access == Access.WRITE) {
            journal.beforeStore(maddr >>> Pte.PAGE_SHIFT);
        }
        storable = writable && (entry & Pte.D) != 0;
        table = level == 1 ? at >>> Pte.PAGE_SHIFT : -1;
        return 0;
    }

    /** As the processor: a locked update that leaves a concurrently changed entry alone. */
    private void setBits(long at, long entry, long bits) {
        if (journal != null) {
            journal.beforeStore(at >>> Pte.PAGE_SHIFT);
        }
        memory.compareAndSwap(at, 8, entry, entry | bits);
    }
}
