package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.hypervisor.memory.EntryUpdate;
import xenolith.hypervisor.memory.FrameTable;

/**
 * Page-table entries of grant mappings. The reference that the entry stands for is taken by the
 * caller beforehand with {@code FrameTable.getPage} or {@code getPageWritable} for the owner of the
 * frame; if {@code create} fails the caller drops it again, and after {@code destroy} succeeded the
 * caller drops it. A guest that overwrites the entry by other means drops it there and then, and
 * {@code destroy} fails.
 */
public final class GrantMapping {
    private GrantMapping() {}

    /**
     * Installs an entry for frame {@code mfn} in place of what is there.
     *
     * @param hostAddr linear address, or with {@code containsPte} the machine address of an entry
     * @param application GNTMAP_application_map: user access
     * @param avail bits 9 to 11 for the entry as a number 0 to 7, from GNTMAP_guest_avail
     * @return 0 or -errno
     */
    public static int create(
            VcpuPaging v,
            long hostAddr,
            boolean containsPte,
            long mfn,
            boolean readOnly,
            boolean application,
            int avail) {
        DomainMemory d = v.memory();
        d.frames().lock().lock();
        try {
            long at = find(v, hostAddr, containsPte);
            if (at == GuestWalk.NONE) {
                return -Errno.EINVAL;
            }
            long flags = Pte.P | Pte.A | Pte.D | Pte.NX | (long) (avail & 7) << 9;
            flags |= (application ? Pte.U : 0) | (readOnly ? 0 : Pte.RW);
            EntryUpdate.replaceCounted(d, at, EntryRules.adjust(Pte.of(mfn, flags), 1, d.abi()));
            return 0;
        } finally {
            d.frames().lock().unlock();
        }
    }

    private static long find(VcpuPaging v, long hostAddr, boolean containsPte) {
        DomainMemory d = v.memory();
        FrameTable f = d.frames();
        boolean aligned = !containsPte || (hostAddr & 7) == 0;
        long at = containsPte ? hostAddr : GuestWalk.level1(d, v.kernelRootMfn(), hostAddr);
        if (!aligned || at == GuestWalk.NONE || !GuestWalk.isLevel1(d, at >>> Pte.PAGE_SHIFT)) {
            f.log().refuse(d.domid(), "grant: no l1 entry at 0x" + Long.toHexString(hostAddr));
            return GuestWalk.NONE;
        }
        return at;
    }

    /** Removes the entry of {@code mfn} again, from TLBs too; fails if it is not there. */
    public static int destroy(
            VcpuPaging v, long hostAddr, boolean containsPte, long mfn, boolean readOnly) {
        return remove(v, hostAddr, containsPte, mfn, readOnly, 0);
    }

    /**
     * unmap_and_replace: as {@link #destroy}, moving the entry of {@code newVaddr} in its place.
     */
    public static int replace(
            VcpuPaging v, long hostAddr, long newVaddr, long mfn, boolean readOnly) {
        DomainMemory d = v.memory();
        FrameTable f = d.frames();
        f.lock().lock();
        try {
            long from = find(v, newVaddr, false);
            if (from == GuestWalk.NONE) {
                return -Errno.EINVAL;
            }
            long moved = EntryUpdate.exchange(d, from, 0);
            int rc = remove(v, hostAddr, false, mfn, readOnly, moved);
            if (rc != 0) {
                EntryUpdate.drop(d, moved, from >>> Pte.PAGE_SHIFT);
            }
            return rc;
        } finally {
            f.lock().unlock();
        }
    }

    private static int remove(
            VcpuPaging v,
            long hostAddr,
            boolean containsPte,
            long mfn,
            boolean readOnly,
            long replacement) {
        DomainMemory d = v.memory();
        FrameTable f = d.frames();
        f.lock().lock();
        try {
            long at = find(v, hostAddr, containsPte);
            if (at == GuestWalk.NONE) {
                return -Errno.EINVAL;
            }
            long wanted = Pte.P | (readOnly ? 0 : Pte.RW);
            long old = f.memory().get64(at);
            if ((old & (Pte.P | Pte.RW)) != wanted || Pte.mfn(old) != mfn) {
                f.log().refuse(d.domid(), "grant: entry 0x" + Long.toHexString(old) + " is not it");
                return -Errno.EINVAL;
            }
            // It tells the TLBs of the entry: there is nothing else to flush.
            EntryUpdate.exchange(d, at, replacement);
            return 0;
        } finally {
            f.lock().unlock();
        }
    }
}
