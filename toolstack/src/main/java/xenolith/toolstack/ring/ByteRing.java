package xenolith.toolstack.ring;

/**
 * A ring of bytes on a shared page with free-running 32-bit indices of producer and consumer, as
 * console and xenstore have.
 */
public final class ByteRing {
    private final SharedPage page;
    private final int data;
    private final int size;
    private final int consumer;
    private final int producer;

    /**
     * A ring.
     *
     * @param data offset of its bytes
     * @param size their number, a power of two
     * @param consumer offset of the consumer's index
     * @param producer offset of the producer's index
     */
    public ByteRing(SharedPage page, int data, int size, int consumer, int producer) {
        this.page = page;
        this.data = data;
        this.size = size;
        this.consumer = consumer;
        this.producer = producer;
    }

    /** Whether the indices contradict each other, which only a misbehaving guest can cause. */
    public boolean isCorrupt() {
        return isCorrupt(page.get32(producer) - page.get32(consumer));
    }

    private boolean isCorrupt(int filled) {
        return Integer.compareUnsigned(filled, size) > 0;
    }

    /**
     * Takes at most {@code length} bytes to {@code dst[at]}; answers how many, or -1 if the indices
     * contradict each other.
     */
    public int take(byte[] dst, int at, int length) {
        int index = page.get32(consumer);
        int filled = page.get32(producer) - index;
        if (isCorrupt(filled)) {
            return -1;
        }
        int n = Math.min(length, filled);
        int start = index & size - 1;
        int first = Math.min(n, size - start);
        page.read(data + start, dst, at, first);
        page.read(data, dst, at + first, n - first);
        if (n > 0) {
            page.put32(consumer, index + n);
        }
        return n;
    }

    /**
     * Puts at most {@code length} bytes of {@code src[at]}; answers how many, or -1 if the indices
     * contradict each other.
     */
    public int put(byte[] src, int at, int length) {
        int index = page.get32(producer);
        int filled = index - page.get32(consumer);
        if (isCorrupt(filled)) {
            return -1;
        }
        int n = Math.min(length, size - filled);
        int start = index & size - 1;
        int first = Math.min(n, size - start);
        page.write(data + start, src, at, first);
        page.write(data, src, at + first, n - first);
        if (n > 0) {
            page.put32(producer, index + n);
        }
        return n;
    }

    /** Throws away what is in the ring, and with it a corrupt state. */
    public void drop() {
        page.put32(consumer, page.get32(producer));
    }
}
