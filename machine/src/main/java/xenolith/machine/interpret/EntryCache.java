package xenolith.machine.interpret;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.mmu.Mmu;

/**
 * Blocks by linear address, for one processor and each of its two roots: saves the translation of
 * RIP at every block. The entries of one page lie in one group, so that a page can be flushed.
 */
final class EntryCache {
    private static final int GROUPS = 64;
    private static final int GROUP = 64;
    private static final long EMPTY = 1L << 62;

    private final Cpu cpu;
    private final Mmu mmu;
    private final Root[] roots = {new Root(), new Root()};
    private int pageFlushes;

    private static final class Root {
        final long[] tags = new long[GROUPS * GROUP];
        final @Nullable Block[] blocks = new Block[GROUPS * GROUP];
        int generation;
        int mode;

        void clear() {
            Arrays.fill(tags, EMPTY);
        }

        void clearPage(long page) {
            int from = group(page);
            Arrays.fill(tags, from, from + GROUP, EMPTY);
        }
    }

    EntryCache(Cpu cpu) {
        this.cpu = cpu;
        this.mmu = cpu.mmu;
        roots[0].clear();
        roots[1].clear();
    }

    /** First index of the entries of the page of {@code va}. */
    private static int group(long va) {
        return ((int) (va >>> 12 ^ va >>> 18) & GROUPS - 1) * GROUP;
    }

    private static int index(long va) {
        return group(va) + ((int) (va ^ va >>> 6) & GROUP - 1);
    }

    /** The block at {@code va} in the processor's present root and mode, or null. */
    @Nullable Block find(long va) {
        Root root = current();
        int i = index(va);
        return root.tags[i] == va ? root.blocks[i] : null;
    }

    /** Remembers {@code block} for {@code va} in the present root and mode. */
    void put(long va, Block block) {
        Root root = current();
        int i = index(va);
        root.tags[i] = va;
        root.blocks[i] = block;
    }

    private Root current() {
        if (pageFlushes != mmu.pageFlushes()) {
            flushPages();
        }
        Root root = roots[mmu.active()];
        if (root.generation != mmu.generation() || root.mode != cpu.mode) {
            root.clear();
            root.generation = mmu.generation();
            root.mode = cpu.mode;
        }
        return root;
    }

    private void flushPages() {
        boolean one = mmu.pageFlushes() == pageFlushes + 1;
        pageFlushes = mmu.pageFlushes();
        for (Root root : roots) {
            if (one) {
                root.clearPage(mmu.pageFlushed());
            } else {
                root.clear();
            }
        }
    }
}
