package xenolith.machine.interpret;

import xenolith.machine.ir.Op;

/**
 * Instructions that run one after another: from an entry to a branch, the end of the page, or the
 * longest a block may be. Blocks know no linear address, only offsets from their start, so that one
 * serves every mapping of its frame.
 */
final class Block {
    /** Instructions a block may have. */
    static final int MAX = 64;

    final long maddr;

    /** Bytes from the first instruction to the end of the last. */
    final int length;

    final Op[] ops;

    /** Offset of each instruction from the start, and of the end. */
    final int[] offsets;

    /** The frame in which its one instruction goes on, or -1. */
    final long nextMfn;

    /** Whether the last operation sets RIP. */
    final boolean branches;

    /** False once its bytes have changed. */
    boolean valid = true;

    Block(long maddr, long nextMfn, Op[] ops, int[] offsets) {
        this.maddr = maddr;
        this.nextMfn = nextMfn;
        this.ops = ops;
        this.offsets = offsets;
        this.length = offsets[ops.length];
        this.branches = ops[ops.length - 1].endsBlock();
    }

    /** Makes the block stop before its next instruction, also where it is running now. */
    void invalidate() {
        valid = false;
        for (int i = 0; i < ops.length; i++) {
            ops[i] = StaleOp.INSTANCE;
        }
    }
}
