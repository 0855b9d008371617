package xenolith.toolstack.block;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/**
 * Buffers between disks and requests of several segments, so that these take one read or write of
 * the disk. As many as there are permits; who finds none waits. For any thread.
 */
final class Buffers {
    /** Bytes of a buffer; longer requests take several turns. */
    static final int BYTES = 1 << 17;

    private static final int COUNT = 64;

    private final Semaphore permits = new Semaphore(COUNT);
    private final Queue<ByteBuffer> free = new ConcurrentLinkedQueue<>();

    /** A buffer with all of its room; {@link #giveBack} it. */
    ByteBuffer take() {
        permits.acquireUninterruptibly();
        ByteBuffer b = free.poll();
        return b == null ? ByteBuffer.allocateDirect(BYTES) : b.clear();
    }

    void giveBack(ByteBuffer b) {
        free.add(b);
        permits.release();
    }
}
