package xenolith.hypervisor.paging;

import java.util.Arrays;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.hypervisor.memory.EntryUpdate;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.machine.memory.MachineMemory;

/**
 * The historical form of writable page tables (Xen 2 and 3.0): a level-1 table to which the guest
 * stores is taken out of its level-2 table, so that nothing is translated through it, and becomes
 * writable for a while; then all entries that changed are validated, and it goes back. One table of
 * a domain at a time, and only until the guest next leaves its own code: no hypercall, exception,
 * other virtual processor or tool ever finds it open.
 */
public final class BatchedPageTables {
    private static final int ENTRIES = 512;

    private final DomainMemory d;
    private final FrameTable frames;
    private final MachineMemory memory;
    private final long[] copy = new long[ENTRIES];

    /** Where the level-2 entry of each level-1 table was last found. */
    private long[] hooks = {};

    private boolean open;
    private long table;
    private long mappingAt;
    private long hookAt;
    private long hookEntry;

    /** Then the next store is emulated: the instruction could not even begin. */
    private boolean changedNothing;

    private long batches;
    private long entries;

    BatchedPageTables(DomainMemory d) {
        this.d = d;
        this.frames = d.frames();
        this.memory = frames.memory();
    }

    /** Tables that were opened, and entries that were changed in them. */
    public long[] counts() {
        return new long[] {batches, entries};
    }

    /**
     * A store of the guest kernel to {@code vaddr} faulted with the page present: opens the level-1
     * table that it hits, if there is one with a single place in a level-2 table.
     *
     * @return whether the store is to be tried again
     */
    public boolean open(VcpuPaging v, long vaddr) {
        frames.lock().lock();
        try {
            if (changedNothing) {
                changedNothing = false;
                return false;
            }
            long at = GuestWalk.level1(d, v.kernelRootMfn(), vaddr);
            return at != GuestWalk.NONE && open(v, at, memory.get64(at));
        } finally {
            frames.lock().unlock();
        }
    }

    private boolean open(VcpuPaging v, long at, long mapping) {
        long mfn = Pte.mfn(mapping);
        boolean readOnly = (mapping & (Pte.P | Pte.RW)) == Pte.P;
        boolean itself = at >>> Pte.PAGE_SHIFT == mfn;
        if (open || !readOnly || itself || !GuestWalk.isLevel1(d, mfn)) {
            return false;
        }
        int places = frames.typeCount(mfn) - (frames.pinned(mfn) ? 1 : 0);
        long hook = places == 1 ? hook(v, mfn) : GuestWalk.NONE;
        if (places > 1 || places == 1 && hook == GuestWalk.NONE) {
            return false;
        }
        table = mfn;
        mappingAt = at;
        hookAt = hook;
        for (int slot = 0; slot < ENTRIES; slot++) {
            copy[slot] = memory.get64((mfn << Pte.PAGE_SHIFT) + 8L * slot);
        }
        if (hook != GuestWalk.NONE) {
            hookEntry = EntryUpdate.unhook(d, hook);
        }
        EntryUpdate.exchange(d, at, mapping | Pte.RW);
        open = true;
        batches++;
        return true;
    }

    /** Whether a table is open. */
    public boolean isOpen() {
        return open;
    }

    /** Closes the open table, if there is one: 0, or -errno if an entry was refused. */
    public int close() {
        if (!open) {
            return 0;
        }
        frames.lock().lock();
        try {
            open = false;
            EntryUpdate.exchange(d, mappingAt, memory.get64(mappingAt) & ~Pte.RW);
            int rc = validate();
            if (hookAt != GuestWalk.NONE) {
                EntryUpdate.hook(d, hookAt, hookEntry);
            }
            return rc;
        } finally {
            frames.lock().unlock();
        }
    }

    private int validate() {
        changedNothing = true;
        int failed = 0;
        for (int slot = 0; slot < ENTRIES; slot++) {
            long at = (table << Pte.PAGE_SHIFT) + 8L * slot;
            long entry = memory.get64(at);
            if (entry != copy[slot]) {
                changedNothing = false;
                entries++;
                memory.put64(at, copy[slot]);
                int rc = EntryUpdate.replaceIf(d, at, 1, copy[slot], entry);
                failed = rc == 0 ? failed : rc;
            }
        }
        return failed;
    }

    // ---- the place in a level-2 table --------------------------------------------------------

    /** Machine address of the one level-2 entry that names {@code mfn}, if it can be found. */
    private long hook(VcpuPaging v, long mfn) {
        if (hooks.length == 0) {
            hooks = new long[Math.toIntExact(frames.frames())];
        }
        long known = hooks[(int) mfn];
        if (known != 0 && names(known, mfn)) {
            return known;
        }
        long found = search(v.kernelRootMfn(), d.topType(), mfn);
        hooks[(int) mfn] = Math.max(found, 0);
        return found;
    }

    private boolean names(long at, long mfn) {
        long entry = memory.get64(at);
        long holder = at >>> Pte.PAGE_SHIFT;
        return (entry & Pte.P) != 0
                && Pte.mfn(entry) == mfn
                && frames.owner(holder) == d.domid()
                && frames.type(holder) == PageType.L2
                && frames.validated(holder);
    }

    private long search(long holder, int type, long mfn) {
        if (holder == 0) {
            return GuestWalk.NONE;
        }
        for (int slot = 0; slot < ENTRIES; slot++) {
            long at = (holder << Pte.PAGE_SHIFT) + 8L * slot;
            long entry = memory.get64(at);
            if ((entry & Pte.P) == 0 || !EntryRules.guestSlot(type, slot)) {
                continue;
            }
            long below = Pte.mfn(entry);
            if (type == PageType.L2 && below == mfn) {
                return at;
            }
            boolean down = frames.valid(below) && frames.type(below) == type - 1;
            if (type > PageType.L2 && down) {
                long found = search(below, type - 1, mfn);
                if (found != GuestWalk.NONE) {
                    return found;
                }
            }
        }
        return GuestWalk.NONE;
    }

    @Override
    public String toString() {
        return "batched page tables of d" + d.domid() + Arrays.toString(counts());
    }
}
