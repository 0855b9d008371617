package xenolith.hypervisor.paging;

import java.util.Collection;

/** The semantics of mmu_update and update_va_mapping, one entry a call (public/xen.h). */
public final class MmuUpdate {
    /** update_va_mapping's flush kinds (UVMF_*). */
    public static final int FLUSH_NONE = 0;

    public static final int FLUSH_TLB = 1;
    public static final int FLUSH_INVLPG = 2;

    private MmuUpdate() {}

    /** One request of mmu_update: command in bits 0 and 1 of {@code ptr}. 0 or -errno. */
    public static int update(VcpuPaging v, long ptr, long value) {
        throw new UnsupportedOperationException();
    }

    /**
     * update_va_mapping: replaces the level-1 entry of {@code vaddr} in the kernel's table, then
     * flushes as {@code flush} (bits 0 and 1 of the flags) says on {@code targets}. 0 or -errno.
     */
    public static int updateVaMapping(
            VcpuPaging v, long vaddr, long entry, int flush, Collection<VcpuPaging> targets) {
        throw new UnsupportedOperationException();
    }
}
