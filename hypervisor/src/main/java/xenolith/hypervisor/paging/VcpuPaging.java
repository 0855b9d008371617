package xenolith.hypervisor.paging;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.mmu.Mmu;

/**
 * Roots of one vCPU: the kernel's level-4 table and the one of user mode. A 32-bit guest has one
 * level-3 table for both: {@link PaeRoots}.
 */
public final class VcpuPaging {
    private final DomainPaging domain;
    private final DomainMemory memory;
    private final FrameTable frames;
    private final int id;
    private final Cpu cpu;
    private final DescriptorTables descriptors;
    private long kernelRoot;
    private long userRoot;

    /** The hypervisor's level-4 tables for a 32-bit guest; null for a 64-bit one. */
    private final @Nullable PaeRoots pae;

    /** The paging of vCPU {@code id} (0 to 63) of {@code domain} on processor {@code cpu}. */
    public VcpuPaging(DomainPaging domain, int id, Cpu cpu) {
        this.domain = domain;
        this.memory = domain.memory();
        this.frames = memory.frames();
        this.id = id;
        this.cpu = cpu;
        long entries = domain.add(this);
        this.descriptors = new DescriptorTables(this, entries);
        this.pae = memory.compat() ? new PaeRoots(domain, cpu.mmu) : null;
        memory.add(cpu.mmu, this::references, this::forgetRoot);
        if (pae == null) {
            cpu.mmu.setRoot(Mmu.KERNEL, 0);
            cpu.mmu.setRoot(Mmu.USER, 0);
        }
    }

    private void forgetRoot(long mfn) {
        if (pae == null) {
            cpu.mmu.forgetRoot(mfn << Pte.PAGE_SHIFT);
        } else {
            pae.forget(mfn);
        }
    }

    private void references(DomainMemory.Visitor visitor) {
        if (kernelRoot != 0) {
            visitor.reference(kernelRoot, memory.topType());
        }
        if (userRoot != 0) {
            visitor.reference(userRoot, PageType.L4);
        }
        descriptors.references(visitor);
    }

    public int id() {
        return id;
    }

    public Cpu cpu() {
        return cpu;
    }

    public DomainPaging domain() {
        return domain;
    }

    DomainMemory memory() {
        return memory;
    }

    /** Frame of the kernel's level-4 table; 0 if none was loaded yet. */
    public long kernelRootMfn() {
        return kernelRoot;
    }

    /** Frame of the user-mode level-4 table; 0 if there is none. */
    public long userRootMfn() {
        return userRoot;
    }

    // ---- roots -------------------------------------------------------------------------------

    /**
     * Loads the kernel's level-4 table (MMUEXT_NEW_BASEPTR, MOV to CR3, setvcpucontext): takes a
     * reference on it, drops that on the old one, forgets the mapped LDT pages, flushes. 0 or
     * -errno.
     */
    public int setKernelRoot(long mfn) {
        frames.lock().lock();
        try {
            if (pae != null) {
                return setPaeRoot(pae, mfn);
            }
            if (mfn == kernelRoot && mfn != 0) {
                return 0;
            }
            int rc = frames.types().takeWithType(mfn, PageType.L4, memory.domid());
            if (rc != 0) {
                return rc;
            }
            descriptors.dropLdtPages();
            if (!memory.m2pStrict()) {
                setM2pSlot(mfn, memory.xenSlot(DomainMemory.FIRST_XEN_SLOT));
            }
            long old = kernelRoot;
            kernelRoot = mfn;
            cpu.mmu.loadRoot(Mmu.KERNEL, mfn << Pte.PAGE_SHIFT);
            dropRoot(old);
            return 0;
        } finally {
            frames.lock().unlock();
        }
    }

    /** As {@link #setKernelRoot} for user mode (MMUEXT_NEW_USER_BASEPTR); 0 for none. */
    public int setUserRoot(long mfn) {
        frames.lock().lock();
        try {
            if (mfn == userRoot) {
                return 0;
            }
            if (mfn != 0) {
                int rc = frames.types().takeWithType(mfn, PageType.L4, memory.domid());
                if (rc != 0) {
                    return rc;
                }
                if (memory.m2pStrict()) {
                    setM2pSlot(mfn, 0);
                }
            }
            long old = userRoot;
            userRoot = mfn;
            cpu.mmu.loadRoot(Mmu.USER, mfn << Pte.PAGE_SHIFT);
            dropRoot(old);
            return 0;
        } finally {
            frames.lock().unlock();
        }
    }

    private int setPaeRoot(PaeRoots roots, long mfn) {
        if (mfn != kernelRoot || mfn == 0) {
            int rc = frames.types().takeWithType(mfn, PageType.L3, memory.domid());
            if (rc != 0) {
                return rc;
            }
            roots.load(mfn);
            long old = kernelRoot;
            kernelRoot = mfn;
            dropRoot(old);
        }
        descriptors.dropLdtPages();
        return 0;
    }

    private void setM2pSlot(long mfn, long entry) {
        long at = (mfn << Pte.PAGE_SHIFT) + 8L * DomainMemory.FIRST_XEN_SLOT;
        long old = frames.memory().get64(at);
        frames.memory().put64(at, entry);
        if (old != 0 && old != entry) {
            memory.flush();
        }
    }

    private void dropRoot(long mfn) {
        if (mfn != 0) {
            frames.types().dropWithType(mfn);
        }
    }

    /** Makes the kernel's table the active one. */
    public void selectKernel() {
        cpu.mmu.select(Mmu.KERNEL);
    }

    /** Makes the user-mode table the active one, which must exist. */
    public void selectUser() {
        cpu.mmu.select(Mmu.USER);
    }

    // ---- descriptor tables -------------------------------------------------------------------

    /**
     * set_gdt: {@code entries} descriptors (0 to 7168) in {@code mfns}, one frame for each 512 or
     * part of it. 0 or -errno.
     */
    public int setGdt(long[] mfns, int entries) {
        if (entries < 0 || entries > XenTables.FIRST_RESERVED_ENTRY) {
            frames.log().refuse(memory.domid(), "a GDT of " + entries + " entries");
            return -Errno.EINVAL;
        }
        frames.lock().lock();
        try {
            return descriptors.setGdt(mfns, (entries + 511) / 512);
        } finally {
            frames.lock().unlock();
        }
    }

    /** MMUEXT_SET_LDT: pages are mapped when the processor first reads them. 0 or -errno. */
    public int setLdt(long vaddr, long entries) {
        frames.lock().lock();
        try {
            return descriptors.setLdt(vaddr, entries);
        } finally {
            frames.lock().unlock();
        }
    }

    /**
     * A page fault at {@code vaddr} in the LDT area of the per-vCPU map: maps the guest's LDT page;
     * true to execute the instruction again. To be asked for every #PF {@link #inLdtArea}, before
     * it is delivered with {@link #guestLdtAddress}.
     */
    public boolean mapLdtPage(long vaddr) {
        frames.lock().lock();
        try {
            return descriptors.mapLdtPage(vaddr);
        } finally {
            frames.lock().unlock();
        }
    }

    /** Whether {@code vaddr} is in the LDT area of this vCPU. */
    public boolean inLdtArea(long vaddr) {
        return descriptors.inLdtArea(vaddr);
    }

    /** The guest's own address of the LDT byte that the processor reads at {@code vaddr}. */
    public long guestLdtAddress(long vaddr) {
        return descriptors.guestLdtAddress(vaddr);
    }

    /** Drops all references: roots, GDT, LDT. */
    public void release() {
        frames.lock().lock();
        try {
            descriptors.release();
            if (pae == null) {
                cpu.mmu.setRoot(Mmu.KERNEL, 0);
                cpu.mmu.setRoot(Mmu.USER, 0);
            } else {
                pae.release();
            }
            dropRoot(kernelRoot);
            dropRoot(userRoot);
            kernelRoot = 0;
            userRoot = 0;
        } finally {
            frames.lock().unlock();
        }
    }
}
