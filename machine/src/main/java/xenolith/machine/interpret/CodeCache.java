package xenolith.machine.interpret;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.machine.memory.MachineMemory;

/**
 * Decoded blocks of all frames, by machine address and mode; drops those whose bytes are written.
 * One a machine.
 */
final class CodeCache {
    private final MachineMemory memory;
    private final @Nullable FrameBlocks[] frames;
    private long invalidated;

    CodeCache(MachineMemory memory) {
        this.memory = memory;
        this.frames = new FrameBlocks[(int) memory.frames()];
        memory.watchCode(this::codeWritten);
    }

    /** The blocks of one frame, hashed by offset and mode. */
    private static final class FrameBlocks {
        private @Nullable Block[] table = new Block[16];
        private byte[] modes = new byte[16];
        private int used;

        /** Blocks that begin in the frame before but reach into this one; never in the table. */
        private final List<Block> guests = new ArrayList<>(0);

        @Nullable Block find(int offset, int mode) {
            int mask = table.length - 1;
            for (int i = hash(offset) & mask; ; i = i + 1 & mask) {
                Block b = table[i];
                if (b == null) {
                    return null;
                }
                if ((b.maddr & 4095) == offset && modes[i] == mode && b.valid) {
                    return b;
                }
            }
        }

        private static int hash(int offset) {
            return offset * 0x9e37_79b1 >>> 12;
        }

        void add(Block block, int mode) {
            if (used * 2 >= table.length) {
                grow();
            }
            put(block, mode);
        }

        private void put(Block block, int mode) {
            int mask = table.length - 1;
            int i = hash((int) block.maddr & 4095) & mask;
            while (table[i] != null) {
                i = i + 1 & mask;
            }
            table[i] = block;
            modes[i] = (byte) mode;
            used++;
        }

        private void grow() {
            @Nullable Block[] oldTable = table;
            byte[] oldModes = modes;
            int live = 0;
            for (Block b : oldTable) {
                live += b != null && b.valid ? 1 : 0;
            }
            int size = Math.max(16, Integer.highestOneBit(live * 4 + 1) * 2);
            table = new Block[size];
            modes = new byte[size];
            used = 0;
            for (int i = 0; i < oldTable.length; i++) {
                Block b = oldTable[i];
                if (b != null && b.valid) {
                    put(b, oldModes[i]);
                }
            }
        }
    }

    /** The block at {@code maddr} for {@code mode}, or null. */
    @Nullable Block find(long maddr, int mode) {
        FrameBlocks f = frames[(int) (maddr >>> 12)];
        return f == null ? null : f.find((int) maddr & 4095, mode);
    }

    /** Keeps {@code block}, which lies within one frame. */
    void add(Block block, int mode) {
        frame(block.maddr >>> 12).add(block, mode);
        memory.markCode(block.maddr, block.length);
    }

    /** Watches {@code block}, which reaches into the frame {@code nextMfn}, without keeping it. */
    void watchCrossing(Block block, long nextMfn) {
        int inFirst = (int) (4096 - (block.maddr & 4095));
        frame(block.maddr >>> 12).guests.add(block);
        memory.markCode(block.maddr, inFirst);
        frame(nextMfn).guests.add(block);
        memory.markCode(nextMfn << 12, block.length - inFirst);
    }

    private FrameBlocks frame(long mfn) {
        FrameBlocks f = frames[(int) mfn];
        if (f == null) {
            f = new FrameBlocks();
            frames[(int) mfn] = f;
        }
        return f;
    }

    private void codeWritten(long maddr, int length) {
        FrameBlocks f = frames[(int) (maddr >>> 12)];
        if (f == null) {
            return;
        }
        boolean live = false;
        for (Block b : f.table) {
            if (b != null && b.valid) {
                if (b.overlaps(maddr, length)) {
                    b.invalidate();
                    invalidated++;
                } else {
                    live = true;
                }
            }
        }
        // Which bytes of a crossing block lie here depends on the mapping: drop them all.
        for (Block b : f.guests) {
            b.invalidate();
        }
        f.guests.clear();
        if (!live) {
            frames[(int) (maddr >>> 12)] = null;
            memory.clearCode(maddr >>> 12);
        }
    }

    /** Number of blocks dropped because their bytes were written. */
    long invalidated() {
        return invalidated;
    }
}
