package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryUpdate;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;

/** The semantics of mmu_update and update_va_mapping, one entry a call (public/xen.h). */
public final class MmuUpdate {
    private static final int NORMAL = 0;
    private static final int MACHPHYS = 1;
    private static final int PRESERVE_AD = 2;
    private static final int NO_TRANSLATE = 3;

    private MmuUpdate() {}

    /** Whether {@code ptr} has the command to set a machine-to-physical entry. */
    public static boolean isMachphys(long ptr) {
        return ((int) ptr & 7) == MACHPHYS;
    }

    /** Whether {@code ptr} has a command to write a page-table entry. */
    public static boolean isEntry(long ptr) {
        int command = (int) ptr & 7;
        return command == NORMAL || command == PRESERVE_AD || command == NO_TRANSLATE;
    }

    /**
     * One request of mmu_update, command in the low bits of {@code ptr}, on tables of {@code d}
     * whose entries may name pages of domain {@code pageOwner}. 0 or -errno; -ERESTART to be asked
     * again.
     */
    public static int update(DomainMemory d, int pageOwner, long ptr, long value) {
        int command = (int) ptr & 7;
        d.frames().lock().lock();
        try {
            return switch (command) {
                case NORMAL, NO_TRANSLATE -> write(d, pageOwner, ptr & ~7L, value, false);
                case PRESERVE_AD -> write(d, pageOwner, ptr & ~7L, value, true);
                case MACHPHYS -> machphys(d, pageOwner, ptr >>> Pte.PAGE_SHIFT, value);
                default -> {
                    d.frames().log().refuse(d.domid(), "mmu_update: no command " + command);
                    yield -Errno.ENOSYS;
                }
            };
        } finally {
            d.frames().lock().unlock();
        }
    }

    private static int write(
            DomainMemory d, int pageOwner, long maddr, long value, boolean preserve) {
        FrameTable f = d.frames();
        long mfn = maddr >>> Pte.PAGE_SHIFT;
        if (!f.getPage(mfn, d.domid())) {
            return refuse(d, "mmu_update: table " + f.describe(mfn));
        }
        int rc = writeHeld(d, pageOwner, maddr, value, preserve);
        f.putPage(mfn);
        return rc;
    }

    private static int writeHeld(
            DomainMemory d, int pageOwner, long maddr, long value, boolean preserve) {
        FrameTable f = d.frames();
        long mfn = maddr >>> Pte.PAGE_SHIFT;
        if (f.typeCount(mfn) > 0 && PageType.isTable(f.type(mfn))) {
            int level = PageType.level(f.type(mfn));
            if (!f.validated(mfn)) {
                return refuse(d, "mmu_update: not validated yet: " + f.describe(mfn));
            }
            if (level > 1 && pageOwner != d.domid()) {
                return refuse(d, "mmu_update: foreign pages in l" + level + " entries");
            }
            return EntryUpdate.replace(d, pageOwner, maddr, level, value, preserve);
        }
        if (!f.getPageWritable(mfn, d.domid())) {
            return -Errno.EINVAL;
        }
        f.memory().put64(maddr, value);
        f.putPageWritable(mfn);
        return 0;
    }

    private static int machphys(DomainMemory d, int pageOwner, long mfn, long pfn) {
        FrameTable f = d.frames();
        if (!f.getPage(mfn, pageOwner)) {
            return refuse(d, "machphys update: " + f.describe(mfn));
        }
        f.m2p().set(mfn, pfn);
        f.putPage(mfn);
        return 0;
    }

    private static int refuse(DomainMemory d, String sentence) {
        d.frames().log().refuse(d.domid(), sentence);
        return -Errno.EINVAL;
    }

    /**
     * update_va_mapping: replaces the level-1 entry of {@code vaddr} in the kernel's table, which
     * may name a page of domain {@code pageOwner}. 0 or -errno.
     */
    public static int updateVaMapping(VcpuPaging v, int pageOwner, long vaddr, long entry) {
        DomainMemory d = v.memory();
        d.frames().lock().lock();
        try {
            long at = GuestWalk.level1(d, v.kernelRootMfn(), vaddr);
            if (at == GuestWalk.NONE || !GuestWalk.isLevel1(d, at >>> Pte.PAGE_SHIFT)) {
                return refuse(d, "update_va_mapping: no l1 table at 0x" + Long.toHexString(vaddr));
            }
            return EntryUpdate.replace(d, pageOwner, at, 1, entry, false);
        } finally {
            d.frames().lock().unlock();
        }
    }
}
