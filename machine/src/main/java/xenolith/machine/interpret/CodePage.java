package xenolith.machine.interpret;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The blocks that begin in one frame, for one mode, by offset. */
final class CodePage {
    private static final int CHUNK_SHIFT = 6;
    private static final int CHUNK = 1 << CHUNK_SHIFT;

    /** No block reaches farther back than this many bytes. */
    private static final int REACH = Block.MAX * 15;

    /** What a chunk without blocks looks like; never written. */
    private static final @Nullable Block[] NONE = {};

    private final @Nullable Block[][] chunks = new Block[4096 / CHUNK][];

    /** Blocks of one instruction that begins here and goes on in another frame. */
    private final List<Block> crossing = new ArrayList<>(0);

    private int live;

    CodePage() {
        java.util.Arrays.fill(chunks, NONE);
    }

    /** The block at {@code offset}, or null. */
    @Nullable Block find(int offset) {
        @Nullable Block[] chunk = chunks[offset >>> CHUNK_SHIFT];
        int i = offset & CHUNK - 1;
        return i < chunk.length ? chunk[i] : null;
    }

    /**
     * Offsets of the blocks within the frame that the interpreter ran {@code least} times or more.
     */
    List<Integer> oftenRun(int least) {
        List<Integer> found = new ArrayList<>();
        for (@Nullable Block[] chunk : chunks) {
            for (Block b : chunk) {
                if (b != null && b.executions >= least) {
                    found.add(b.start());
                }
            }
        }
        return found;
    }

    /** Keeps {@code block}, which lies within the frame. */
    void add(Block block) {
        int offset = (int) block.maddr & 4095;
        int chunk = offset >>> CHUNK_SHIFT;
        if (chunks[chunk].length == 0) {
            chunks[chunk] = new Block[CHUNK];
        }
        if (chunks[chunk][offset & CHUNK - 1] == null) {
            live++;
        }
        chunks[chunk][offset & CHUNK - 1] = block;
    }

    /** The block at {@code offset} that goes on in frame {@code nextMfn}, or null. */
    @Nullable Block findCrossing(int offset, long nextMfn) {
        for (Block b : crossing) {
            if (((int) b.maddr & 4095) == offset && b.nextMfn == nextMfn) {
                return b;
            }
        }
        return null;
    }

    /** Whether a block at {@code offset} is known to go on in another frame. */
    boolean crosses(int offset) {
        for (Block b : crossing) {
            if (((int) b.maddr & 4095) == offset) {
                return true;
            }
        }
        return false;
    }

    void addCrossing(Block block) {
        crossing.add(block);
        live++;
    }

    /** Drops the blocks with bytes among {@code length} at {@code offset}; returns how many. */
    int drop(int offset, int length) {
        int before = live;
        int end = Math.min(4096, offset + length);
        for (int at = Math.max(0, offset - REACH); at < end; at++) {
            @Nullable Block[] chunk = chunks[at >>> CHUNK_SHIFT];
            if (chunk.length == 0) {
                at |= CHUNK - 1;
                continue;
            }
            Block b = chunk[at & CHUNK - 1];
            if (b != null && at + b.length > offset) {
                b.invalidate();
                chunk[at & CHUNK - 1] = null;
                live--;
            }
        }
        for (int n = crossing.size() - 1; n >= 0; n--) {
            Block b = crossing.get(n);
            if (((int) b.maddr & 4095) < end) {
                dropCrossing(b);
            }
        }
        return before - live;
    }

    /** Drops {@code block}, one of the crossing ones. */
    void dropCrossing(Block block) {
        if (crossing.remove(block)) {
            block.invalidate();
            live--;
        }
    }

    /** Drops all blocks. */
    void clear() {
        drop(0, 4096);
        java.util.Arrays.fill(chunks, NONE);
    }

    /** Operations of all blocks. */
    long operations() {
        long n = 0;
        for (@Nullable Block[] chunk : chunks) {
            for (Block b : chunk) {
                n += b == null ? 0 : b.ops.length;
            }
        }
        for (Block b : crossing) {
            n += b.ops.length;
        }
        return n;
    }

    /** Whether no block is left. */
    boolean isEmpty() {
        return live == 0;
    }
}
