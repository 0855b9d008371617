package xenolith.toolstack.console;

/**
 * The last bytes that a guest printed, and how many there were in all. Many readers follow it, each
 * at its own pace: who is too slow for what is kept loses the rest. Safe for any thread.
 */
public final class ConsoleHistory {
    private static final int FIRST = 1 << 10;

    private final int most;
    private byte[] ring = new byte[FIRST];

    /** Bytes there ever were; the last {@code min(total, ring.length)} are in the ring. */
    private long total;

    private boolean closed;

    /** Keeps at most {@code most} bytes, a power of two of at least 1024. */
    public ConsoleHistory(int most) {
        this.most = most;
    }

    /** Adds {@code length} bytes. */
    public synchronized void append(byte[] bytes, int length) {
        while (ring.length < most && ring.length - Math.min(total, ring.length) < length) {
            grow();
        }
        int from = Math.max(0, length - ring.length);
        for (int i = from; i < length; i++) {
            ring[(int) (total + i) & ring.length - 1] = bytes[i];
        }
        total += length;
        notifyAll();
    }

    private void grow() {
        byte[] larger = new byte[ring.length * 2];
        for (long at = oldest(); at < total; at++) {
            larger[(int) at & larger.length - 1] = ring[(int) at & ring.length - 1];
        }
        ring = larger;
    }

    /** Position of the oldest byte kept; the first ever printed has position 0. */
    public synchronized long oldest() {
        return Math.max(0, total - ring.length);
    }

    /** Position of the next byte to come. */
    public synchronized long end() {
        return total;
    }

    /** No more will come: readers are let go. */
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    /**
     * The bytes from {@code position} on, or from the oldest if that is later; waits for one at
     * least.
     *
     * @return how many are in {@code dst}; -1 after the end of all
     */
    public synchronized int read(long position, byte[] dst) throws InterruptedException {
        while (position >= total && !closed) {
            wait();
        }
        if (position >= total) {
            return -1;
        }
        long from = Math.max(position, oldest());
        int n = (int) Math.min(dst.length, total - from);
        for (int i = 0; i < n; i++) {
            dst[i] = ring[(int) (from + i) & ring.length - 1];
        }
        return n;
    }
}
