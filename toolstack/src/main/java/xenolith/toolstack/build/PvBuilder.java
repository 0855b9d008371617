package xenolith.toolstack.build;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import xenolith.abi.struct.Abi;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.VcpuContext;

/**
 * Builds a PV domain: memory, image, ramdisk, p2m list, page tables, start_info, event channels and
 * the first vCPU's state.
 */
public final class PvBuilder {
    /** Domain 0, at the other end of console and xenstore. */
    private static final int TOOLS_DOMID = 0;

    private static final int GRANT_CONSOLE = 0;
    private static final int GRANT_XENSTORE = 1;

    private final DomainControl domain;
    private final KernelImage kernel;
    private final XenNotes notes;
    private final PvLayout layout;
    private long[] mfns = new long[0];

    /**
     * What a built domain shares with domain 0.
     *
     * @param consolePort the guest's port, unbound until domain 0 binds its end; likewise the store
     */
    public record Built(
            PvLayout layout,
            long consoleMfn,
            int consolePort,
            long xenstoreMfn,
            int xenstorePort) {}

    private PvBuilder(DomainControl domain, KernelImage kernel, PvLayout layout) {
        this.domain = domain;
        this.kernel = kernel;
        this.notes = kernel.notes();
        this.layout = layout;
    }

    /**
     * Builds {@code domain}.
     *
     * @param ramdisk of length 0 if there is none
     * @param pages memory of the domain in pages
     */
    public static Built build(
            DomainControl domain, KernelImage kernel, Ramdisk ramdisk, String cmdline, long pages)
            throws BuildException, ControlException {
        PvLayout layout = layout(kernel, ramdisk.length(), pages);
        if (cmdline.getBytes(StandardCharsets.UTF_8).length >= StartInfo.COMMAND_LINE_SIZE) {
            throw new BuildException(
                    "The command line is longer than "
                            + (StartInfo.COMMAND_LINE_SIZE - 1)
                            + " bytes, the most that a PV guest can get.");
        }
        return new PvBuilder(domain, kernel, layout).build(ramdisk, cmdline);
    }

    /**
     * The layout of a domain of {@code pages} pages.
     *
     * @throws BuildException if that is too little memory; the message says how much is needed
     */
    public static PvLayout layout(KernelImage kernel, long ramdiskBytes, long pages)
            throws BuildException {
        long start = kernel.startPaddr();
        long end = kernel.endPaddr();
        PvLayout layout = PvLayout.of(kernel.notes(), start, end, ramdiskBytes, pages);
        if (layout.end() > pages) {
            throw new BuildException(
                    (pages >> 8)
                            + " MiB of memory is too little: "
                            + kernel.elf().name()
                            + (ramdiskBytes > 0
                                    ? " with a ramdisk of " + (ramdiskBytes + 1023 >> 10) + " KiB"
                                    : "")
                            + " needs at least "
                            + PvLayout.leastMib(kernel.notes(), start, end, ramdiskBytes)
                            + " MiB.");
        }
        return layout;
    }

    private boolean compat() {
        return kernel.abi() == Abi.BITS32;
    }

    /** Whether CR3 shall hold frame numbers of 32 bits: vm_assist pae_extended_cr3. */
    private boolean extendedCr3() {
        return compat() && notes.pae() != Pae.YES;
    }

    private Built build(Ramdisk ramdisk, String cmdline) throws BuildException, ControlException {
        mfns = domain.populate(0, Math.toIntExact(layout.pages()));
        for (ElfFile.Segment s : kernel.elf().loads()) {
            copy(s);
        }
        byte[] symbols = kernel.symbols();
        write(kernel.symbolsPaddr(), symbols, symbols.length);
        write(ramdisk);
        writeP2m();
        new PageTables(layout, mfns, compat()).write(domain);
        domain.pinTopTable(mfn(layout.tablesPfn()));
        writeHypercallPage();
        int xenstorePort = domain.allocateUnbound(TOOLS_DOMID);
        int consolePort = domain.allocateUnbound(TOOLS_DOMID);
        long xenstoreMfn = mfn(layout.xenstorePfn());
        long consoleMfn = mfn(layout.consolePfn());
        domain.seedGrant(GRANT_CONSOLE, TOOLS_DOMID, consoleMfn);
        domain.seedGrant(GRANT_XENSTORE, TOOLS_DOMID, xenstoreMfn);
        StartInfo info =
                startInfo(ramdisk.length())
                        .store(xenstoreMfn, xenstorePort)
                        .console(consoleMfn, consolePort)
                        .commandLine(cmdline);
        write(layout.startInfoPfn() << 12, info.page(), 4096);
        domain.setVcpuContext(
                0,
                new VcpuContext(
                        notes.entry(),
                        vaddr(layout.bootStackPfn() + 1),
                        vaddr(layout.startInfoPfn()),
                        mfn(layout.tablesPfn()),
                        extendedCr3() ? 1L << VmAssist.PAE_EXTENDED_CR3 : 0));
        return new Built(layout, consoleMfn, consolePort, xenstoreMfn, xenstorePort);
    }

    private void write(Ramdisk ramdisk) throws BuildException, ControlException {
        byte[] piece = new byte[1 << 20];
        for (long at = 0; at < ramdisk.length(); at += piece.length) {
            int n = (int) Math.min(piece.length, ramdisk.length() - at);
            ramdisk.copy(at, piece, n);
            write((layout.ramdiskPfn() << 12) + at, piece, n);
        }
    }

    private StartInfo startInfo(long ramdiskBytes) {
        int flags = compat() ? 0 : StartInfo.VIRT_P2M_4TOOLS;
        StartInfo info =
                new StartInfo(kernel.abi())
                        .memory(layout.pages(), domain.sharedInfoMfn() << 12)
                        .tables(vaddr(layout.tablesPfn()), layout.tables().count());
        if (ramdiskBytes > 0) {
            boolean unmapped = notes.modStartPfn();
            flags |= unmapped ? StartInfo.MOD_START_IS_PFN : 0;
            info.module(unmapped ? layout.ramdiskPfn() : vaddr(layout.ramdiskPfn()), ramdiskBytes);
        }
        Long initP2m = notes.initP2m();
        if (initP2m == null) {
            info.p2m(vaddr(layout.p2mPfn()), 0, 0);
        } else {
            info.p2m(initP2m, layout.p2mPfn(), layout.p2mPages() + layout.p2mTables().count());
        }
        return info.flags(flags);
    }

    private long mfn(long pfn) {
        return mfns[(int) pfn];
    }

    private long vaddr(long pfn) {
        return notes.virtBase() + (pfn << 12);
    }

    private void copy(ElfFile.Segment s) {
        MemorySegment bytes = kernel.elf().bytes();
        byte[] buffer = new byte[4096];
        long paddr = s.paddr() - notes.paddrOffset();
        for (long done = 0; done < s.fileSize(); ) {
            int offset = (int) (paddr + done & 4095);
            int n = (int) Math.min(4096 - offset, s.fileSize() - done);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, s.offset() + done, buffer, 0, n);
            domain.write(mfn(paddr + done >>> 12), offset, buffer, 0, n);
            done += n;
        }
    }

    private void write(long paddr, byte[] bytes, int length) {
        for (int done = 0; done < length; ) {
            int offset = (int) (paddr + done & 4095);
            int n = Math.min(4096 - offset, length - done);
            domain.write(mfn(paddr + done >>> 12), offset, bytes, done, n);
            done += n;
        }
    }

    private void writeP2m() {
        ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        int word = kernel.abi().word();
        int entries = 4096 / word;
        for (long i = 0; i < layout.p2mPages(); i++) {
            for (int j = 0; j < entries; j++) {
                long pfn = i * entries + j;
                long mfn = pfn < mfns.length ? mfn(pfn) : -1L;
                if (word == 8) {
                    page.putLong(j * 8, mfn);
                } else {
                    page.putInt(j * 4, (int) mfn);
                }
            }
            domain.write(mfn(layout.p2mPfn() + i), 0, page.array(), 0, 4096);
        }
    }

    private void writeHypercallPage() throws BuildException {
        Long vaddr = notes.hypercallPage();
        if (vaddr == null) {
            return;
        }
        long pfn = vaddr - notes.virtBase() >>> 12;
        if (pfn >= layout.pages()) {
            throw new BuildException(
                    String.format(
                            "%s wants its hypercall page at 0x%x, beyond its memory.",
                            kernel.elf().name(), vaddr));
        }
        domain.writeHypercallPage(mfn(pfn));
    }
}
