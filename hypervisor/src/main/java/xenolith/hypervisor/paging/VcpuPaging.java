package xenolith.hypervisor.paging;

import xenolith.machine.cpu.Cpu;

/** Roots and descriptor tables of one vCPU. */
public final class VcpuPaging {
    /** The paging of vCPU {@code id} (0 to 63) of {@code domain} on processor {@code cpu}. */
    public VcpuPaging(DomainPaging domain, int id, Cpu cpu) {
        throw new UnsupportedOperationException();
    }

    public int id() {
        throw new UnsupportedOperationException();
    }

    public Cpu cpu() {
        throw new UnsupportedOperationException();
    }

    public DomainPaging domain() {
        throw new UnsupportedOperationException();
    }

    /** Frame of the kernel's level-4 table; 0 if none was loaded yet. */
    public long kernelRootMfn() {
        throw new UnsupportedOperationException();
    }

    /** Frame of the user-mode level-4 table; 0 if there is none. */
    public long userRootMfn() {
        throw new UnsupportedOperationException();
    }

    /**
     * Loads the kernel's level-4 table (MMUEXT_NEW_BASEPTR, MOV to CR3, setvcpucontext): takes a
     * reference on it, drops that on the old one, forgets the mapped LDT pages, flushes. 0 or
     * -errno.
     */
    public int setKernelRoot(long mfn) {
        throw new UnsupportedOperationException();
    }

    /** As {@link #setKernelRoot} for user mode (MMUEXT_NEW_USER_BASEPTR); 0 for none. */
    public int setUserRoot(long mfn) {
        throw new UnsupportedOperationException();
    }

    /** Makes the kernel's table the active one. */
    public void selectKernel() {
        throw new UnsupportedOperationException();
    }

    /** Makes the user-mode table the active one, which must exist. */
    public void selectUser() {
        throw new UnsupportedOperationException();
    }

    /**
     * set_gdt: {@code entries} descriptors (0 to 7168) in {@code mfns}, one frame for each 512 or
     * part of it. 0 or -errno.
     */
    public int setGdt(long[] mfns, int entries) {
        throw new UnsupportedOperationException();
    }

    /** MMUEXT_SET_LDT: pages are mapped when the processor first reads them. 0 or -errno. */
    public int setLdt(long vaddr, long entries) {
        throw new UnsupportedOperationException();
    }

    /**
     * A page fault at {@code vaddr} in the LDT area of the per-vCPU map: maps the guest's LDT page;
     * true to execute the instruction again. To be asked for every #PF below the hypervisor's range
     * check, before it is delivered.
     */
    public boolean mapLdtPage(long vaddr) {
        throw new UnsupportedOperationException();
    }

    /** Whether {@code vaddr} is in the LDT area of this vCPU. */
    public boolean inLdtArea(long vaddr) {
        throw new UnsupportedOperationException();
    }

    /** The guest's own address of the LDT byte that the processor reads at {@code vaddr}. */
    public long guestLdtAddress(long vaddr) {
        throw new UnsupportedOperationException();
    }

    /** Drops all references: roots, GDT, LDT. */
    public void release() {
        throw new UnsupportedOperationException();
    }
}
