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
        return Integer.compareUnsigned(filled(), size) > 0;
    }

    private int filled() {
        return page.get32(producer) - page.get32(consumer);
    }

    /** Bytes to be read; 0 if the ring is corrupt. */
    public int available() {
        return isCorrupt() ? 0 : filled();
    }

    /** Bytes that can be written; 0 if the ring is corrupt. */
    public int room() {
        return isCorrupt() ? 0 : size - filled();
    }

    /** Takes at most {@code length} bytes to {@code dst[at]}; answers how many. */
    public int take(byte[] dst, int at, int length) {
        int n = Math.min(length, available());
        int index = page.get32(consumer);
        int start = index & size - 1;
        int first = Math.min(n, size - start);
        page.read(data + start, dst, at, first);
        page.read(data, dst, at + first, n - first);
        if (n > 0) {
            page.put32(consumer, index + n);
        }
        return n;
    }

    /** Puts at most {@code length} bytes of {@code src[at]}; answers how many. */
    public int put(byte[] src, int at, int length) {
        int n = Math.min(length, room());
        int index = page.get32(producer);
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
