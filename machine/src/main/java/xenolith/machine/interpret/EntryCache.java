package xenolith.machine.interpret;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.mmu.Mmu;

/**
 * Blocks by linear address, for one processor and each of its address spaces: saves the translation
 * of RIP. As long as RIP stays in one page a block is found by its offset alone.
 */
public final class EntryCache {
    private static final int PAGES = 256;
    private static final long PAGE = -4096L;
    private static final long EMPTY = 1;

    private final Cpu cpu;
    private final Mmu mmu;
    private final CodeCache code;
    private final BlockBuilder builder;
    private final @Nullable Root[] roots = new Root[Mmu.ADDRESS_SPACES];

    // The page where RIP is, and what it was found under.
    private Root root = new Root();
    private long current = EMPTY;
    private CodePage page = new CodePage();
    private int mode = -1;
    private int epoch = -1;

    /** The block found last in this page, or null. */
    private @Nullable Block last;

    private static final class Root {
        final long[] tags = new long[PAGES];
        final @Nullable CodePage[] pages = new CodePage[PAGES];

        /** By the page in which they begin: an instruction that goes on in the next page. */
        final long[] crossingTags = new long[PAGES];

        final @Nullable Block[] crossing = new Block[PAGES];
        int generation;
        int mode;

        Root() {
            clear();
        }

        void clear() {
            Arrays.fill(tags, EMPTY);
            Arrays.fill(crossingTags, EMPTY);
        }
    }

    EntryCache(Cpu cpu, CodeCache code, BlockBuilder builder) {
        this.cpu = cpu;
        this.mmu = cpu.mmu;
        this.code = code;
        this.builder = builder;
        code.register(mmu);
    }

    boolean isOf(Cpu other) {
        return cpu == other;
    }

    private static int index(long va) {
        return (int) (va >>> 12 ^ va >>> 20) & PAGES - 1;
    }

    /** The block at RIP; throws the guest's fault if its first instruction cannot be fetched. */
    public Block block() {
        long rip = cpu.rip;
        if ((rip & PAGE) != current || epoch != mmu.epoch() || mode != cpu.mode) {
            if (cpu.mode >= Cpu.MODE_16) {
                return limited(rip);
            }
            turn(rip);
        }
        int offset = (int) rip & 4095;
        Block from = last;
        if (from != null) {
            Block known = offset == from.start() + from.length ? from.following : from.target;
            if (known != null && known.start() == offset && known.valid) {
                last = known;
                return known;
            }
        }
        return find(rip, offset, from);
    }

    private Block find(long rip, int offset, @Nullable Block from) {
        Block block = page.find(offset);
        last = block;
        if (block == null) {
            return rare(rip);
        }
        if (from == null) {
            return block;
        }
        if (offset == from.start() + from.length) {
            from.following = block;
        } else {
            from.target = block;
        }
        return block;
    }

    /**
     * The block at offset {@code eip} of a code segment that may have a base and an end. Of one
     * that reaches beyond the end only the first instruction is taken.
     */
    private Block limited(long eip) {
        Segment cs = cpu.segments[Segment.CS];
        if (Long.compareUnsigned(eip, cs.limit) > 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        long linear = eip + cpu.segmentBase(Segment.CS) & 0xffff_ffffL;
        CodePage in = code.page(mmu.fetch(linear) >>> 12, cpu.mode);
        Block block = in.find((int) linear & 4095);
        if (block == null) {
            block = builder.blockAt(cpu, linear, in);
        }
        if (eip + block.length() - 1 <= cs.limit) {
            return block;
        }
        Block first = builder.first(block);
        if (eip + first.length() - 1 > cs.limit) {
            throw cpu.fault(Vector.GP, 0);
        }
        return first;
    }

    private void turn(long rip) {
        current = EMPTY;
        last = null;
        refresh();
        int i = index(rip);
        if (root.tags[i] != (rip & PAGE)) {
            CodePage found = code.page(mmu.fetch(rip) >>> 12, mode);
            root.tags[i] = rip & PAGE;
            root.pages[i] = found;
        }
        page = java.util.Objects.requireNonNull(root.pages[i]);
        current = rip & PAGE;
    }

    /** A block that crosses pages, or one that must be made. */
    private Block rare(long rip) {
        int i = index(rip);
        Block known = root.crossing[i];
        if (root.crossingTags[i] == rip && known != null && known.valid) {
            return known;
        }
        Block block = builder.blockAt(cpu, rip, page);
        if (block.nextMfn >= 0) {
            root.crossingTags[i] = rip;
            root.crossing[i] = block;
        }
        return block;
    }

    /** Takes notice of flushes and of changes of mode. */
    private void refresh() {
        root = rootOf(mmu.addressSpace());
        mode = cpu.mode;
        epoch = mmu.epoch();
        if (root.generation != mmu.generation() || root.mode != mode) {
            root.clear();
            root.generation = mmu.generation();
            root.mode = mode;
        }
    }

    private Root rootOf(int addressSpace) {
        Root known = roots[addressSpace];
        if (known == null) {
            known = new Root();
            roots[addressSpace] = known;
        }
        return known;
    }
}
