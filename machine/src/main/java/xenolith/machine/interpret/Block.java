package xenolith.machine.interpret;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.machine.ir.Op;

/**
 * Instructions that run one after another: from an entry to a branch, the end of the page, or the
 * longest a block may be. Blocks know no linear address, only offsets from their start, so that one
 * serves every mapping of its frame.
 */
public final class Block {
    /** Instructions a block may have. */
    public static final int MAX = 64;

    final long maddr;

    /** Bytes from the first instruction to the end of the last. */
    final int length;

    final Op[] ops;

    /** Offset of each instruction from the start, and of the end. */
    final int[] offsets;

    /** The frame in which its one instruction goes on, or -1. */
    final long nextMfn;

    /**
     * The block behind this one, and another one that came after it, if they were looked for and
     * lie in the same frame; they may have become invalid.
     */
    @Nullable Block following;

    @Nullable Block target;

    /** Whether the last operation sets RIP. */
    final boolean branches;

    /** False once its bytes have changed. */
    boolean valid = true;

    /** Whether no better translation is to begin here. */
    private boolean settled;

    /** Whether a translation is being made that contains it. */
    private boolean pending;

    /** How often it was run by the interpreter since {@link #forgetExecutions}. */
    int executions;

    /** The same before that. */
    private long earlier;

    /** The translation that may be entered here, if there is one, and by which entry. */
    private @Nullable Translation translation;

    private int entry;

    /** Offset of this block from the base of {@link #translation}. */
    private int entryOffset;

    /** The translations that contain this block. */
    private final List<Translation> users = new ArrayList<>(0);

    Block(long maddr, long nextMfn, Op[] ops, int[] offsets) {
        this.maddr = maddr;
        this.nextMfn = nextMfn;
        this.ops = ops;
        this.offsets = offsets;
        this.length = offsets[ops.length];
        this.branches = ops[ops.length - 1].endsBlock();
    }

    /** Offset in its frame. */
    int start() {
        return (int) maddr & 4095;
    }

    /** Machine address of its first byte. */
    public long maddr() {
        return maddr;
    }

    /** Whether its bytes are still those in memory. */
    public boolean valid() {
        return valid;
    }

    /** Bytes it has. */
    public int length() {
        return length;
    }

    /** Instructions it has. */
    public int instructions() {
        return ops.length;
    }

    /** How often it was run by the interpreter since {@link #forgetExecutions}. */
    public int executions() {
        return executions;
    }

    /** Begins to count its executions anew. */
    public void forgetExecutions() {
        earlier += executions;
        executions = 0;
    }

    /** How often it was run by the interpreter at all. */
    public long frequency() {
        return earlier + executions;
    }

    /** The valid translation that may be entered here, or null. */
    public @Nullable Translation translation() {
        Translation t = translation;
        return t != null && t.valid ? t : null;
    }

    /** The entry of {@link #translation}. */
    public int entry() {
        return entry;
    }

    /** Offset of this block from the translation's base, in bytes. */
    public int entryOffset() {
        return entryOffset;
    }

    /** Says that {@code by} may be entered here. */
    public void enterBy(Translation by, int atEntry, int offset) {
        translation = by;
        entry = atEntry;
        entryOffset = offset;
    }

    /** Says that {@code by} contains this block and goes when it goes. */
    public void usedBy(Translation by) {
        users.removeIf(t -> !t.valid);
        users.add(by);
    }

    /** Whether a translation is being made that contains this block. */
    public boolean pending() {
        return pending;
    }

    /** Says whether a translation is being made that contains this block. */
    public void setPending(boolean now) {
        pending = now;
    }

    /** Whether no better translation is to begin here than one that is made quickly. */
    public boolean settled() {
        return settled;
    }

    /** Says that a better translation here was worse. */
    public void settle() {
        settled = true;
    }

    /** Number of valid translations that contain this block. */
    public int users() {
        users.removeIf(t -> !t.valid);
        return users.size();
    }

    /** Lets go of translations that became invalid. */
    public void forgetInvalid() {
        users.removeIf(t -> !t.valid);
        Translation t = translation;
        if (t != null && !t.valid) {
            translation = null;
        }
    }

    /** Makes the block stop before its next instruction, also where it is running now. */
    void invalidate() {
        valid = false;
        for (Translation t : users) {
            t.invalidate();
        }
        users.clear();
        translation = null;
        following = null;
        target = null;
        for (int i = 0; i < ops.length; i++) {
            ops[i] = StaleOp.INSTANCE;
        }
    }
}
