package xenolith.hypervisor.paging;

import java.util.Collection;

/** The semantics of mmuext_op, one operation a call (public/xen.h). All return 0 or -errno. */
public final class MmuextOp {
    private MmuextOp() {}

    /** PIN_L1_TABLE to PIN_L4_TABLE: {@code level} 1 to 4. */
    public static int pin(DomainPaging d, int level, long mfn) {
        throw new UnsupportedOperationException();
    }

    public static int unpin(DomainPaging d, long mfn) {
        throw new UnsupportedOperationException();
    }

    /** NEW_BASEPTR. */
    public static int newBaseptr(VcpuPaging v, long mfn) {
        throw new UnsupportedOperationException();
    }

    /** NEW_USER_BASEPTR; frame 0 for none. */
    public static int newUserBaseptr(VcpuPaging v, long mfn) {
        throw new UnsupportedOperationException();
    }

    /** TLB_FLUSH_LOCAL, _MULTI, _ALL: the caller says whose TLBs. */
    public static int tlbFlush(Collection<VcpuPaging> targets) {
        throw new UnsupportedOperationException();
    }

    /** INVLPG_LOCAL, _MULTI, _ALL: the caller says whose TLBs. */
    public static int invlpg(Collection<VcpuPaging> targets, long vaddr) {
        throw new UnsupportedOperationException();
    }

    public static int setLdt(VcpuPaging v, long vaddr, long entries) {
        throw new UnsupportedOperationException();
    }

    public static int clearPage(DomainPaging d, long mfn) {
        throw new UnsupportedOperationException();
    }

    public static int copyPage(DomainPaging d, long toMfn, long fromMfn) {
        throw new UnsupportedOperationException();
    }

    /**
     * update_descriptor: checks {@code descriptor} and stores it at machine address {@code maddr}.
     */
    public static int updateDescriptor(DomainPaging d, long maddr, long descriptor) {
        throw new UnsupportedOperationException();
    }
}
