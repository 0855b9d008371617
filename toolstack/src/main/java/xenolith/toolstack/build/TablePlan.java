package xenolith.toolstack.build;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The page tables that map one range of virtual addresses, on consecutive pages: level 4 (for
 * 32-bit guests 3) first, then the lower ones, each level by rising address. A range that shares
 * upper tables with an earlier one uses those.
 */
public final class TablePlan {
    /** No range, no tables. */
    public static final TablePlan NONE = new TablePlan(0, 0, 0, List.of());

    /**
     * A page table.
     *
     * @param level 4 to 1
     * @param base first virtual address that it maps, sign bits cut off (48 bits)
     * @param pfn the page it lies on
     */
    public record Table(int level, long base, long pfn) {
        /** Bytes of address space that one entry covers. */
        long step() {
            return 1L << 12 + 9 * (level - 1);
        }
    }

    private static final long LAST_GIGABYTE = 0xc000_0000L;
    private static final long ADDRESS_BITS = (1L << 48) - 1;

    private final long mappingStart;
    private final long mappingEnd;
    private final long firstPfn;
    private final List<Table> tables;

    private TablePlan(long start, long end, long firstPfn, List<Table> tables) {
        this.mappingStart = start;
        this.mappingEnd = end;
        this.firstPfn = firstPfn;
        this.tables = tables;
    }

    /**
     * Plans tables on the pages from {@code pfn} on for addresses {@code start} to {@code end},
     * beside those of {@code other}.
     */
    static TablePlan of(long start, long end, long pfn, TablePlan other) {
        return of(4, start, end, pfn, other);
    }

    /**
     * Plans the tables of a 32-bit guest: three levels, and the level-2 table of the last gigabyte
     * in any case, for the hypervisor's entries.
     */
    static TablePlan pae(long start, long end, long pfn) {
        return of(3, start, end, pfn, NONE);
    }

    private static TablePlan of(int top, long start, long end, long pfn, TablePlan other) {
        long first = start & ADDRESS_BITS;
        long last = end - 1 & ADDRESS_BITS;
        List<Table> tables = new ArrayList<>();
        for (int level = top; level >= 1; level--) {
            long size = 1L << 12 + 9 * level;
            for (long base = first & -size; base <= last; base += size) {
                if (other.find(level, base).isEmpty()) {
                    tables.add(new Table(level, base, pfn + tables.size()));
                }
            }
            if (top == 3 && level == 2 && last < LAST_GIGABYTE) {
                tables.add(new Table(level, LAST_GIGABYTE, pfn + tables.size()));
            }
        }
        return new TablePlan(start, end, pfn, List.copyOf(tables));
    }

    /** The table of {@code level} that maps {@code vaddr} (48 bits), if it is of this plan. */
    Optional<Table> find(int level, long vaddr) {
        long base = vaddr & ADDRESS_BITS & -(1L << 12 + 9 * level);
        return tables.stream().filter(t -> t.level == level && t.base == base).findFirst();
    }

    boolean holds(long pfn) {
        return pfn >= firstPfn && pfn < firstPfn + tables.size();
    }

    public long count() {
        return tables.size();
    }

    public List<Table> tables() {
        return tables;
    }

    /** First virtual address of the range. */
    public long mappingStart() {
        return mappingStart;
    }

    /** End of the range, a virtual address. */
    public long mappingEnd() {
        return mappingEnd;
    }
}
