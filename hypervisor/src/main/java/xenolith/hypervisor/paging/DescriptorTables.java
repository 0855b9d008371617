package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.MachineMemory;

/**
 * GDT and LDT of one vCPU, mapped where the processor reads them: in the per-domain map, for the
 * supervisor only. Called with the lock of the frame table held.
 */
final class DescriptorTables {
    /** Pages of the GDT that the guest may set; page 14 is the hypervisor's. */
    private static final int GUEST_GDT_PAGES = 14;

    private static final int LDT_FIRST_PAGE = 16;
    private static final int LDT_PAGES = 16;
    private static final int GDT_LIMIT = 15 * 4096 - 1;
    private static final int LDT_SELECTOR = 0xe050;
    private static final int MAX_LDT_ENTRIES = 8192;
    private static final long WRITABLE = Pte.P | Pte.RW | Pte.A | Pte.D | Pte.NX;
    private static final long READ_ONLY = Pte.P | Pte.A | Pte.NX;

    private final VcpuPaging v;
    private final Cpu cpu;
    private final FrameTable frames;
    private final MachineMemory memory;
    private final long entries;
    private final long zeroEntry;
    private long ldtVaddr;
    private long ldtEntries;

    /** Pages of the LDT that are mapped. */
    private int ldtPages;

    /** The tables of {@code v}, whose 32 level-1 entries are at machine address {@code entries}. */
    DescriptorTables(VcpuPaging v, long entries) {
        this.v = v;
        this.cpu = v.cpu();
        this.frames = v.memory().frames();
        this.memory = frames.memory();
        this.entries = entries;
        XenTables xen = v.domain().xen();
        zeroEntry = Pte.of(xen.zeroMfn(), READ_ONLY);
        for (int page = 0; page < LDT_FIRST_PAGE; page++) {
            setEntry(page, zeroEntry);
        }
        setEntry(GUEST_GDT_PAGES, Pte.of(xen.flatDescriptorsMfn(v.memory().abi()), WRITABLE));
        cpu.gdtBase = DomainPaging.PER_DOMAIN_START + ((long) v.id() << 17);
        cpu.gdtLimit = GDT_LIMIT;
        cpu.ldtBase = cpu.gdtBase + LDT_FIRST_PAGE * 4096L;
        cpu.ldtLimit = -1;
        cpu.ldtSelector = 0;
    }

    private long entry(int page) {
        return memory.get64(entries + 8L * page);
    }

    private void setEntry(int page, long entry) {
        memory.put64(entries + 8L * page, entry);
    }

    void references(DomainMemory.Visitor visitor) {
        for (int page = 0; page < LDT_FIRST_PAGE + LDT_PAGES; page++) {
            if (holdsGuestPage(page)) {
                visitor.reference(Pte.mfn(entry(page)), PageType.SEG_DESC);
            }
        }
    }

    private boolean holdsGuestPage(int page) {
        long entry = entry(page);
        return page != GUEST_GDT_PAGES && (entry & Pte.P) != 0 && entry != zeroEntry;
    }

    private void dropPage(int page, long replacement) {
        if (holdsGuestPage(page)) {
            long mfn = Pte.mfn(entry(page));
            setEntry(page, replacement);
            cpu.mmu.flush();
            frames.types().dropWithType(mfn);
        }
    }

    // ---- GDT ---------------------------------------------------------------------------------

    int setGdt(long[] mfns, int pages) {
        for (int i = 0; i < pages; i++) {
            int rc = frames.types().takeWithType(mfns[i], PageType.SEG_DESC, v.memory().domid());
            if (rc != 0) {
                while (i-- > 0) {
                    frames.types().dropWithType(mfns[i]);
                }
                return -Errno.EINVAL;
            }
        }
        dropGdtPages();
        for (int i = 0; i < pages; i++) {
            setEntry(i, Pte.of(mfns[i], WRITABLE));
        }
        cpu.mmu.flush();
        return 0;
    }

    private void dropGdtPages() {
        for (int page = 0; page < GUEST_GDT_PAGES; page++) {
            dropPage(page, zeroEntry);
        }
    }

    // ---- LDT ---------------------------------------------------------------------------------

    int setLdt(long vaddr, long count) {
        long start = count == 0 ? 0 : vaddr;
        boolean ok =
                count >= 0
                        && count <= MAX_LDT_ENTRIES
                        && (count == 0
                                || (start & 4095) == 0
                                        && EntryRules.guestAddress(start, v.memory().abi()));
        if (!ok) {
            String what = "SET_LDT: 0x" + Long.toHexString(vaddr) + ", " + count + " entries";
            frames.log().refuse(v.memory().domid(), what);
            return -Errno.EINVAL;
        }
        dropLdtPages();
        ldtVaddr = start;
        ldtEntries = count;
        cpu.ldtLimit = (int) count * 8 - 1;
        cpu.ldtSelector = count == 0 ? 0 : LDT_SELECTOR;
        return 0;
    }

    void dropLdtPages() {
        if (ldtPages == 0) {
            return;
        }
        ldtPages = 0;
        for (int page = LDT_FIRST_PAGE; page < LDT_FIRST_PAGE + LDT_PAGES; page++) {
            dropPage(page, 0);
        }
    }

    boolean inLdtArea(long vaddr) {
        long offset = vaddr - cpu.ldtBase;
        return offset >= 0 && offset < LDT_PAGES * 4096L;
    }

    long guestLdtAddress(long vaddr) {
        return ldtVaddr + vaddr - cpu.ldtBase;
    }

    boolean mapLdtPage(long vaddr) {
        long offset = vaddr - cpu.ldtBase;
        int page = LDT_FIRST_PAGE + (int) (offset >>> 12);
        if (!inLdtArea(vaddr) || offset >>> 3 >= ldtEntries || (entry(page) & Pte.P) != 0) {
            return false;
        }
        long at = GuestWalk.level1(v.memory(), v.kernelRootMfn(), guestLdtAddress(vaddr));
        if (at == GuestWalk.NONE) {
            return false;
        }
        long guestEntry = memory.get64(at);
        int domid = v.memory().domid();
        long mfn = Pte.mfn(guestEntry);
        if ((guestEntry & Pte.P) == 0
                || frames.types().takeWithType(mfn, PageType.SEG_DESC, domid) != 0) {
            return false;
        }
        setEntry(page, Pte.of(mfn, WRITABLE));
        ldtPages++;
        return true;
    }

    void release() {
        dropGdtPages();
        dropLdtPages();
    }
}
