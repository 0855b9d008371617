package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryUpdate;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;

/**
 * Trapped stores to page tables (VMASST_TYPE_writable_pagetables; Xen's ptwr). The processor itself
 * executes the instruction with its store held back, so that every instruction that stores once
 * works, with or without a LOCK prefix.
 */
public final class WritablePageTables {
    private WritablePageTables() {}

    /**
     * A store of the guest kernel to {@code vaddr} faulted with the page present: if the page is a
     * level-1 table of the domain and the assist is on, the instruction is executed with its store
     * validated as mmu_update does.
     *
     * @return true if that was done, or is to be tried again; false to deliver the fault
     */
    public static boolean emulateStore(VcpuPaging v, Engine engine, long vaddr) {
        DomainMemory d = v.memory();
        FrameTable f = d.frames();
        if (!d.writablePageTables()) {
            return false;
        }
        f.lock().lock();
        try {
            long at = GuestWalk.level1(d, v.kernelRootMfn(), vaddr);
            if (at == GuestWalk.NONE) {
                return false;
            }
            long mapping = f.memory().get64(at);
            long table = Pte.mfn(mapping);
            if ((mapping & (Pte.P | Pte.RW)) != Pte.P) {
                return false;
            }
            if (!GuestWalk.isLevel1(d, table)) {
                explain(d, vaddr, table);
                return false;
            }
            Engine.CapturedStore store = engine.captureStore(v.cpu(), vaddr);
            return store != null && perform(v, store, vaddr, table);
        } finally {
            f.lock().unlock();
        }
    }

    /** A read-only page may be anything; a page table is where the guest expects more. */
    private static void explain(DomainMemory d, long vaddr, long mfn) {
        FrameTable f = d.frames();
        if (f.owner(mfn) == d.domid() && f.typeCount(mfn) > 0 && PageType.isTable(f.type(mfn))) {
            String where = "a store to 0x" + Long.toHexString(vaddr) + ": " + f.describe(mfn);
            f.log().refuse(d.domid(), where + "; stores are emulated to l1 tables only");
        }
    }

    private static boolean perform(
            VcpuPaging v, Engine.CapturedStore store, long vaddr, long table) {
        int size = store.size();
        boolean aligned =
                Integer.bitCount(size) == 1
                        && size <= 8
                        && (store.vaddr() & size - 1) == 0
                        && ((store.vaddr() ^ vaddr) & Pte.PAGE_MASK) == 0;
        int rc = aligned ? write(v.memory(), store, table) : refuse(v.memory(), store);
        if (rc != 0) {
            Cpu cpu = v.cpu();
            cpu.restore(store.before());
            cpu.retired--;
            // A stale translation must not make the next try see the old value again.
            cpu.mmu.flushPage(vaddr);
        }
        return rc == 0 || rc == EntryUpdate.CHANGED;
    }

    private static int refuse(DomainMemory d, Engine.CapturedStore store) {
        String where = "a store to 0x" + Long.toHexString(store.vaddr()) + " in an l1 table: ";
        d.frames().log().refuse(d.domid(), where + store.size() + " bytes, not within an entry");
        return -Errno.EINVAL;
    }

    /** 0, -errno, or CHANGED if the entry is no longer what the instruction computed with. */
    private static int write(DomainMemory d, Engine.CapturedStore store, long table) {
        long offset = store.vaddr() & ~Pte.PAGE_MASK;
        long at = (table << Pte.PAGE_SHIFT) + (offset & -8L);
        int shift = (int) (offset & 7) * 8;
        long mask = store.size() == 8 ? -1L : (1L << store.size() * 8) - 1;
        long old = d.frames().memory().get64(at);
        if ((old >>> shift & mask) != (store.oldValue() & mask)) {
            return EntryUpdate.CHANGED;
        }
        long entry = old & ~(mask << shift) | (store.value() & mask) << shift;
        int rc = EntryUpdate.replaceIf(d, at, 1, old, entry);
        return rc < 0 && isFirstHalf(d, store, entry)
                ? EntryUpdate.replaceIf(d, at, 1, old, entry & ~Pte.P)
                : rc;
    }

    /**
     * Whether {@code entry} may be one of which a PAE kernel has written the upper half first: as
     * with Xen, it is not present until the lower half comes.
     */
    private static boolean isFirstHalf(DomainMemory d, Engine.CapturedStore store, long entry) {
        boolean upper = store.size() == 4 && (store.vaddr() & 4) != 0;
        return d.compat() && upper && !store.compared() && (entry & Pte.P) != 0;
    }
}
