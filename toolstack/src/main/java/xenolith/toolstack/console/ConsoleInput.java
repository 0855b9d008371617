package xenolith.toolstack.console;

/**
 * What was typed for a guest and has not found room in its console ring yet. It is kept outside of
 * the domain, so that nothing is lost that comes before the domain is built or while it reboots.
 * Safe for one typing thread and one taking thread.
 */
public final class ConsoleInput {
    /** Bytes that are kept; a power of two. */
    static final int SIZE = 1 << 16;

    private final byte[] bytes = new byte[SIZE];

    /** Free-running indices of the first byte kept and of the one behind the last. */
    private int first;

    private int end;

    /** Keeps as many of {@code typed} as there is room for; answers how many. */
    public synchronized int offer(byte[] typed) {
        int n = Math.min(typed.length, SIZE - (end - first));
        for (int i = 0; i < n; i++) {
            bytes[end++ & SIZE - 1] = typed[i];
        }
        return n;
    }

    /** Keeps all of {@code typed}, waiting for room as a full pipe does. */
    public synchronized void put(byte[] typed) throws InterruptedException {
        byte[] rest = typed;
        for (int n; (n = offer(rest)) < rest.length; ) {
            rest = java.util.Arrays.copyOfRange(rest, n, rest.length);
            wait();
        }
    }

    /** Copies the oldest bytes to {@code dst} without taking them; answers how many. */
    synchronized int peek(byte[] dst) {
        int n = Math.min(dst.length, end - first);
        for (int i = 0; i < n; i++) {
            dst[i] = bytes[first + i & SIZE - 1];
        }
        return n;
    }

    /** Takes the oldest {@code n} bytes away. */
    synchronized void drop(int n) {
        first += n;
        notifyAll();
    }
}
