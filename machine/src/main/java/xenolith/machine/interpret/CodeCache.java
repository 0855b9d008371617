package xenolith.machine.interpret;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * Decoded blocks of all frames, by machine address and mode; drops those whose bytes are written.
 * One a machine. Finding a block in a {@link CodePage} takes no lock, everything else does.
 */
final class CodeCache {
    private static final int MODES = 4;

    /** Operations that are kept, of some 70 bytes each with all that belongs to them. */
    private static final long MOST_OPERATIONS = 2_000_000;

    private final MachineMemory memory;

    /** By mode, then by MFN. */
    private final @Nullable CodePage[][] pages = new CodePage[MODES][];

    /** By MFN: blocks that begin elsewhere and go on in that frame. */
    private final java.util.HashMap<Long, List<Guest>> guests = new java.util.HashMap<>();

    private final List<Mmu> mmus = new ArrayList<>();
    private long invalidated;
    private final long most;

    /** Operations added since they were counted, and those that there were then. */
    private long operations;

    private record Guest(CodePage home, Block block) {}

    CodeCache(MachineMemory memory) {
        this(memory, MOST_OPERATIONS);
    }

    /** One that keeps {@code most} operations. */
    CodeCache(MachineMemory memory, long most) {
        this.most = most;
        this.memory = memory;
        for (int mode = 0; mode < MODES; mode++) {
            pages[mode] = new CodePage[mode == 0 ? (int) memory.frames() : 0];
        }
        memory.watchCode(this::codeWritten);
    }

    /** Makes {@code mmu} one of those whose write TLBs must not hold frames with code. */
    synchronized void register(Mmu mmu) {
        mmus.add(mmu);
    }

    /** Forgets {@code mmu}. */
    synchronized void unregister(Mmu mmu) {
        mmus.remove(mmu);
    }

    /** The blocks of frame {@code mfn} for {@code mode}. */
    CodePage page(long mfn, int mode) {
        @Nullable CodePage[] ofMode = pages[mode];
        CodePage known = ofMode.length == 0 ? null : ofMode[(int) mfn];
        return known != null ? known : addPage(mfn, mode);
    }

    private synchronized CodePage addPage(long mfn, int mode) {
        if (pages[mode].length == 0) {
            pages[mode] = new CodePage[(int) memory.frames()];
        }
        CodePage page = pages[mode][(int) mfn];
        if (page == null) {
            page = new CodePage();
            pages[mode][(int) mfn] = page;
        }
        return page;
    }

    /** Keeps {@code block}, which lies within one frame. */
    synchronized void add(Block block, int mode) {
        makeRoom(block);
        mark(block.maddr, block.length);
        page(block.maddr >>> 12, mode).add(block);
    }

    /** Keeps {@code block}, which goes on in the frame {@code block.nextMfn}. */
    synchronized void addCrossing(Block block, int mode) {
        makeRoom(block);
        int inFirst = (int) (4096 - (block.maddr & 4095));
        mark(block.maddr, inFirst);
        mark(block.nextMfn << 12, block.length - inFirst);
        CodePage home = page(block.maddr >>> 12, mode);
        home.addCrossing(block);
        List<Guest> there = guests.computeIfAbsent(block.nextMfn, n -> new ArrayList<>());
        there.removeIf(g -> !g.block.valid);
        there.add(new Guest(home, block));
    }

    /** Drops all blocks if there would be too many with {@code block}. */
    private void makeRoom(Block block) {
        operations += block.ops.length;
        if (operations <= most) {
            return;
        }
        operations = count() + block.ops.length;
        if (operations > most / 2) {
            forEachPage(CodePage::clear);
            guests.clear();
            operations = block.ops.length;
        }
    }

    private long count() {
        long[] n = {0};
        forEachPage(p -> n[0] += p.operations());
        return n[0];
    }

    private void forEachPage(java.util.function.Consumer<CodePage> action) {
        for (@Nullable CodePage[] ofMode : pages) {
            for (CodePage page : ofMode) {
                if (page != null) {
                    action.accept(page);
                }
            }
        }
    }

    /** Operations of all blocks. */
    synchronized long operations() {
        return count();
    }

    /** Blocks that go on in another frame than that of their beginning, valid or not. */
    synchronized int crossing() {
        return guests.values().stream().mapToInt(List::size).sum();
    }

    private void mark(long maddr, int length) {
        long mfn = maddr >>> 12;
        boolean first = !memory.holdsCode(mfn);
        memory.markCode(maddr, length);
        if (first) {
            for (Mmu mmu : mmus) {
                mmu.dropWrites(mfn);
            }
        }
    }

    private synchronized boolean codeWritten(long maddr, int length) {
        long mfn = maddr >>> 12;
        boolean empty = true;
        for (@Nullable CodePage[] ofMode : pages) {
            CodePage page = ofMode.length == 0 ? null : ofMode[(int) mfn];
            if (page != null) {
                invalidated += page.drop((int) maddr & 4095, length);
                empty &= page.isEmpty();
            }
        }
        // They have their bytes at the frame's beginning: few, and seldom written.
        List<Guest> fromElsewhere = guests.remove(mfn);
        if (fromElsewhere != null) {
            for (Guest g : fromElsewhere) {
                g.home.dropCrossing(g.block);
                invalidated++;
            }
        }
        return !empty;
    }

    /** Number of blocks dropped because their bytes were written. */
    long invalidated() {
        return invalidated;
    }
}
