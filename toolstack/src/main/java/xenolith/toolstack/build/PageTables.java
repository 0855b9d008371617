package xenolith.toolstack.build;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.control.DomainControl;

/**
 * Fills the first page tables of a PV domain: upper entries present, writable, for users, accessed
 * and dirty, but for a 32-bit guest's level 3, which knows present only; last-level entries
 * present, accessed and, but for page tables, writable.
 */
final class PageTables {
    private static final long UPPER = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;
    private static final long LEAF = Pte.P | Pte.RW | Pte.A;

    private final PvLayout layout;
    private final long[] mfns;
    private final boolean pae;

    /** Tables of three levels where {@code pae}. */
    PageTables(PvLayout layout, long[] mfns, boolean pae) {
        this.pae = pae;
        this.layout = layout;
        this.mfns = mfns;
    }

    void write(DomainControl domain) {
        write(domain, layout.tables());
        write(domain, layout.p2mTables());
    }

    private void write(DomainControl domain, TablePlan plan) {
        ByteBuffer page = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
        for (TablePlan.Table table : plan.tables()) {
            for (int i = 0; i < 512; i++) {
                long vaddr = table.base() + i * table.step();
                page.putLong(i * 8, table.level() == 1 ? leaf(vaddr) : upper(table.level(), vaddr));
            }
            domain.write(mfns[(int) table.pfn()], 0, page.array(), 0, 4096);
        }
    }

    private long upper(int level, long vaddr) {
        Optional<TablePlan.Table> lower = layout.tables().find(level - 1, vaddr);
        if (lower.isEmpty()) {
            lower = layout.p2mTables().find(level - 1, vaddr);
        }
        return lower.map(t -> Pte.of(mfns[(int) t.pfn()], pae && level == 3 ? Pte.P : UPPER))
                .orElse(0L);
    }

    private long leaf(long vaddr) {
        long canonical = vaddr << 16 >> 16;
        long pfn = page(layout.tables(), canonical, 0);
        if (pfn < 0) {
            pfn = page(layout.p2mTables(), canonical, layout.p2mPfn());
        }
        if (pfn < 0) {
            return 0;
        }
        return Pte.of(mfns[(int) pfn], layout.isTable(pfn) ? LEAF & ~Pte.RW : LEAF);
    }

    private static long page(TablePlan plan, long vaddr, long firstPfn) {
        boolean inside =
                Long.compareUnsigned(vaddr, plan.mappingStart()) >= 0
                        && Long.compareUnsigned(
                                        vaddr - plan.mappingStart(),
                                        plan.mappingEnd() - plan.mappingStart())
                                < 0;
        return inside ? firstPfn + (vaddr - plan.mappingStart() >>> 12) : -1;
    }
}
