package xenolith.hypervisor.paging;

import xenolith.machine.cpu.Engine;

/** Trapped stores to page tables (VMASST_TYPE_writable_pagetables; Xen's ptwr). */
public final class WritablePageTables {
    private WritablePageTables() {}

    /**
     * A store of the guest kernel to {@code vaddr} faulted with the page present: if the page is a
     * level-1 table of the domain and the assist is on, the instruction is executed with its store
     * validated as mmu_update does.
     *
     * @return true if that was done; false to deliver the fault
     */
    public static boolean emulateStore(VcpuPaging v, Engine engine, long vaddr) {
        throw new UnsupportedOperationException();
    }
}
