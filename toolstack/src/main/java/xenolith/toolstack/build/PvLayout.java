package xenolith.toolstack.build;

import xenolith.abi.struct.Abi;

/**
 * Where everything lies in the pseudo-physical memory of a new PV domain, in the order of Xen's own
 * builder: kernel, ramdisk if mapped, p2m list if mapped, start_info, xenstore page, console page,
 * page tables, boot stack, padding; then, outside the first mapping, the ramdisk and the p2m list
 * with its tables. All numbers are page numbers (PFN) or counts of pages.
 *
 * @param pages all memory of the domain
 * @param ramdiskPfn first page of the ramdisk, meaningless if {@code ramdiskPages} is 0
 * @param p2mPages pages of the p2m list, without its tables
 * @param tables tables of the first mapping, the top table first
 * @param p2mTables tables of the mapping at INIT_P2M, behind the list; empty plan if there is none
 * @param mappedEnd end of the first mapping
 * @param end end of all that is used: the least number of pages this domain can have
 */
public record PvLayout(
        long pages,
        long kernelPfn,
        long kernelPages,
        long ramdiskPfn,
        long ramdiskPages,
        long p2mPfn,
        long p2mPages,
        long startInfoPfn,
        long xenstorePfn,
        long consolePfn,
        long tablesPfn,
        TablePlan tables,
        long bootStackPfn,
        long mappedEnd,
        TablePlan p2mTables,
        long end) {
    /** Free space the first mapping has behind the boot stack at least (public/xen.h), in pages. */
    private static final long PADDING = 512 * 1024 / 4096;

    /** The first mapping ends at a multiple of this many bytes (public/xen.h). */
    private static final long MAPPING_UNIT = 4L << 20;

    /**
     * Lays out a domain of {@code pages} pages for {@code kernel} and a ramdisk of {@code
     * ramdiskBytes}. The result may need more pages than the domain has: see {@link #end}.
     */
    public static PvLayout of(
            XenNotes notes, long startPaddr, long endPaddr, long ramdiskBytes, long pages) {
        long ramdiskPages = toPages(ramdiskBytes);
        long p2mPages = toPages(pages * notes.abi().word());
        long kernelPfn = startPaddr >>> 12;
        long next = endPaddr >>> 12;
        final long kernelPages = next - kernelPfn;
        boolean ramdiskMapped = !notes.modStartPfn();
        long ramdiskPfn = next;
        if (ramdiskMapped) {
            next += ramdiskPages;
        }
        long p2mPfn = next;
        boolean p2mMapped = notes.initP2m() == null;
        if (p2mMapped) {
            next += p2mPages;
        }
        final long startInfoPfn = next++;
        final long xenstorePfn = next++;
        final long consolePfn = next++;
        final long tablesPfn = next;
        final TablePlan tables = firstMapping(notes, next);
        next += tables.count();
        final long bootStackPfn = next++;
        final long mappedEnd = tables.mappingEnd() - notes.virtBase() >>> 12;
        next = mappedEnd;
        if (!ramdiskMapped) {
            ramdiskPfn = next;
            next += ramdiskPages;
        }
        TablePlan p2mTables = TablePlan.NONE;
        Long initP2m = notes.initP2m();
        if (initP2m != null) {
            p2mPfn = next;
            next += p2mPages;
            p2mTables = TablePlan.of(initP2m, initP2m + p2mPages * 4096, next, tables);
            next += p2mTables.count();
        }
        return new PvLayout(
                pages,
                kernelPfn,
                kernelPages,
                ramdiskPfn,
                ramdiskPages,
                p2mPfn,
                p2mPages,
                startInfoPfn,
                xenstorePfn,
                consolePfn,
                tablesPfn,
                tables,
                bootStackPfn,
                mappedEnd,
                p2mTables,
                next);
    }

    /**
     * The number of tables depends on how much is mapped, which includes them: grow until it fits.
     */
    private static TablePlan firstMapping(XenNotes notes, long nextPfn) {
        long virtBase = notes.virtBase();
        long tables = 0;
        while (true) {
            long wanted = virtBase + (nextPfn + tables + 1 + PADDING) * 4096;
            long end = wanted + MAPPING_UNIT - 1 & -MAPPING_UNIT;
            TablePlan plan =
                    notes.abi() == Abi.BITS64
                            ? TablePlan.of(virtBase, end, nextPfn, TablePlan.NONE)
                            : TablePlan.pae(virtBase, end, nextPfn);
            if (plan.count() <= tables) {
                return plan;
            }
            tables = plan.count();
        }
    }

    private static long toPages(long bytes) {
        return bytes + 4095 >>> 12;
    }

    /** Whether page {@code pfn} is a page table of the first tree, to be mapped read-only. */
    public boolean isTable(long pfn) {
        return tables.holds(pfn) || p2mTables.holds(pfn);
    }

    /**
     * Least memory, in MiB, of a domain with this kernel and ramdisk; the p2m list grows with the
     * memory, so the answer is found by trying.
     */
    public static long leastMib(XenNotes notes, long startPaddr, long endPaddr, long ramdiskBytes) {
        long mib = 1;
        while (true) {
            PvLayout layout = of(notes, startPaddr, endPaddr, ramdiskBytes, mib * 256);
            long needed = layout.end + 255 >>> 8;
            if (needed <= mib) {
                return mib;
            }
            mib = needed;
        }
    }
}
