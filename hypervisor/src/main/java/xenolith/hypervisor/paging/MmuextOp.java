package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.hypervisor.memory.SegmentDescriptors;

/**
 * The semantics of mmuext_op, one operation a call (public/xen.h). All return 0 or -errno. There is
 * nothing here for flushes: cached translations agree with the tables at all times.
 */
public final class MmuextOp {
    private MmuextOp() {}

    /** PIN_L1_TABLE to PIN_L4_TABLE: {@code level} 1 to 4. */
    public static int pin(DomainPaging d, int level, long mfn) {
        if (level == PageType.L4 && d.memory().compat()) {
            // As Xen: there is no such level, and nothing to do.
            return 0;
        }
        if (level < PageType.L1 || level > PageType.L4) {
            d.frames().log().refuse(d.memory().domid(), "no page tables of level " + level);
            return -Errno.EINVAL;
        }
        d.frames().lock().lock();
        try {
            return d.frames().types().pin(d.memory(), mfn, level);
        } finally {
            d.frames().lock().unlock();
        }
    }

    public static int unpin(DomainPaging d, long mfn) {
        d.frames().lock().lock();
        try {
            return d.frames().types().unpin(d.memory(), mfn);
        } finally {
            d.frames().lock().unlock();
        }
    }

    /** NEW_BASEPTR. */
    public static int newBaseptr(VcpuPaging v, long mfn) {
        return v.setKernelRoot(mfn);
    }

    /** NEW_USER_BASEPTR; frame 0 for none. */
    public static int newUserBaseptr(VcpuPaging v, long mfn) {
        return v.setUserRoot(mfn);
    }

    public static int setLdt(VcpuPaging v, long vaddr, long entries) {
        return v.setLdt(vaddr, entries);
    }

    public static int clearPage(DomainPaging d, long mfn) {
        FrameTable f = d.frames();
        if (!f.getPageWritable(mfn, d.memory().domid())) {
            return -Errno.EINVAL;
        }
        f.memory().zero(mfn);
        f.putPageWritable(mfn);
        return 0;
    }

    public static int copyPage(DomainPaging d, long toMfn, long fromMfn) {
        FrameTable f = d.frames();
        DomainMemory m = d.memory();
        if (!f.getPage(fromMfn, m.domid())) {
            f.log().refuse(m.domid(), "COPY_PAGE from " + f.describe(fromMfn));
            return -Errno.EINVAL;
        }
        int rc = -Errno.EINVAL;
        if (f.getPageWritable(toMfn, m.domid())) {
            f.memory().copy(fromMfn, toMfn);
            f.putPageWritable(toMfn);
            rc = 0;
        }
        f.putPage(fromMfn);
        return rc;
    }

    /**
     * update_descriptor: checks {@code descriptor} and stores it at machine address {@code maddr},
     * in a live descriptor table or an ordinary page. 0 or -errno.
     */
    public static int updateDescriptor(DomainPaging d, long maddr, long descriptor) {
        FrameTable f = d.frames();
        int domid = d.memory().domid();
        long mfn = maddr >>> Pte.PAGE_SHIFT;
        if ((maddr & 7) != 0 || !SegmentDescriptors.acceptable(descriptor, d.memory().abi())) {
            f.log().refuse(domid, "descriptor 0x" + Long.toHexString(descriptor));
            return -Errno.EINVAL;
        }
        f.lock().lock();
        try {
            boolean live = f.valid(mfn) && f.type(mfn) == PageType.SEG_DESC;
            int type = live ? PageType.SEG_DESC : PageType.WRITABLE;
            int rc = f.types().takeWithType(mfn, type, domid);
            if (rc == 0) {
                f.memory().put64(maddr, SegmentDescriptors.fixed(descriptor, d.memory().abi()));
                f.types().dropWithType(mfn);
            }
            return rc;
        } finally {
            f.lock().unlock();
        }
    }
}
