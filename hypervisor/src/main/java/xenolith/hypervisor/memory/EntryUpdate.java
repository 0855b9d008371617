package xenolith.hypervisor.memory;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.machine.memory.MachineMemory;

/**
 * The one way to change an entry of a validated page table: references of the new entry are taken,
 * the entry is written, TLBs are flushed where that cannot wait, references of the old one go.
 *
 * <p>Called with the lock of the frame table held.
 */
public final class EntryUpdate {
    /** Returned when the entry is no longer what the caller expects it to be. */
    public static final int CHANGED = 1;

    private EntryUpdate() {}

    /**
     * Replaces the entry at {@code maddr}, in a validated table of {@code level} of {@code d}, by
     * {@code entry}.
     *
     * @param pageOwner whose frame a level-1 entry may name
     * @param preserve keep the accessed and dirty bits of the old entry (MMU_PT_UPDATE_PRESERVE_AD)
     * @return 0 or -errno
     */
    public static int replace(
            DomainMemory d, int pageOwner, long maddr, int level, long entry, boolean preserve) {
        MachineMemory memory = d.frames().memory();
        while (true) {
            long old = memory.get64(maddr);
            long next = preserve ? entry | old & (Pte.A | Pte.D) : entry;
            int rc = replaceIf(d, pageOwner, maddr, level, old, next);
            if (rc != CHANGED) {
                return rc;
            }
        }
    }

    /**
     * As {@link #replace}, if the entry still is {@code old}: otherwise {@link #CHANGED} and
     * nothing done.
     */
    public static int replaceIf(DomainMemory d, long maddr, int level, long old, long entry) {
        return replaceIf(d, d.domid(), maddr, level, old, entry);
    }

    private static int replaceIf(
            DomainMemory d, int pageOwner, long maddr, int level, long old, long entry) {
        long table = maddr >>> Pte.PAGE_SHIFT;
        int rc = slotAllowed(d, maddr, level);
        if (rc != 0) {
            return rc;
        }
        PageTables tables = d.frames().types().tables();
        boolean present = (entry & Pte.P) != 0;
        long next = EntryRules.adjust(entry, level, d.abi());
        boolean counted = false;
        if (present
                && !(EntryRules.refused(entry, level, d.abi()) == 0
                        && EntryRules.similar(old, next))) {
            rc = tables.takeEntry(next, level, table, d, pageOwner);
            if (rc != 0) {
                return rc;
            }
            counted = true;
        }
        if (d.frames().memory().compareAndSwap(maddr, 8, old, next) != old) {
            if (counted) {
                tables.dropEntry(next, level, table);
            }
            return CHANGED;
        }
        if (old != next) {
            told(d, maddr, level, old);
        }
        if (counted || !present) {
            tables.dropEntry(old, level, table);
        }
        return 0;
    }

    private static int slotAllowed(DomainMemory d, long maddr, int level) {
        int slot = (int) (maddr >>> 3) & 511;
        if (!EntryRules.guestSlot(d.frames().type(maddr >>> Pte.PAGE_SHIFT), slot)) {
            d.frames().log().refuse(d.domid(), "l" + level + " entry in a slot of the hypervisor");
            return level == 4 ? -Errno.EINVAL : -Errno.EPERM;
        }
        if (level == 3 && d.compat() && slot >= 3) {
            // It has the hypervisor's entries below it, which must not go while it is in use.
            d.frames().log().refuse(d.domid(), "l3 slot " + slot + " of a table in use");
            return -Errno.EINVAL;
        }
        return 0;
    }

    /** Tells the TLBs that the entry at {@code maddr} is no longer {@code old}. */
    private static void told(DomainMemory d, long maddr, int level, long old) {
        if (level == 4 && (maddr & 4095) >= 2048) {
            // Other level-4 tables may have been taken for equal in the upper half of the linear
            // addresses, even where the entry was not present.
            d.flush();
        } else if ((old & Pte.P) != 0) {
            if (level > 1) {
                d.tableEntryChanged(maddr, level, old);
            } else {
                d.entryChanged(maddr);
            }
        }
    }

    /**
     * Replaces the level-1 entry at {@code maddr} without counting the new one, whose reference the
     * caller holds already; the old one is counted out.
     */
    public static void replaceCounted(DomainMemory d, long maddr, long entry) {
        long old = exchange(d, maddr, entry);
        d.frames().types().tables().dropEntry(old, 1, maddr >>> Pte.PAGE_SHIFT);
    }

    /** Replaces the level-1 entry at {@code maddr}; its references pass to the caller. */
    public static long exchange(DomainMemory d, long maddr, long entry) {
        MachineMemory memory = d.frames().memory();
        while (true) {
            long old = memory.get64(maddr);
            if (memory.compareAndSwap(maddr, 8, old, entry) == old) {
                d.entryChanged(maddr);
                return old;
            }
        }
    }

    /**
     * Makes the level-2 entry at {@code maddr} not present and drops what was cached by way of it;
     * it keeps its references until {@link #hook} puts it back. The entry.
     */
    public static long unhook(DomainMemory d, long maddr) {
        long old = d.frames().memory().get64(maddr);
        d.frames().memory().put64(maddr, old & ~Pte.P);
        told(d, maddr, 2, old);
        return old;
    }

    /** Puts {@code entry}, which {@link #unhook} returned, back to {@code maddr}. */
    public static void hook(DomainMemory d, long maddr, long entry) {
        d.frames().memory().put64(maddr, entry);
    }

    /** Drops the references of a level-1 entry of {@code table} that {@link #exchange} returned. */
    public static void drop(DomainMemory d, long entry, long table) {
        d.frames().types().tables().dropEntry(entry, 1, table);
    }
}
