package xenolith.toolstack.xl;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.console.ConsoleBackend;
import xenolith.toolstack.console.ConsoleHistory;
import xenolith.toolstack.console.ConsoleInput;
import xenolith.toolstack.console.ConsoleOutput;

/**
 * A domain's console through all its lives: what it printed, to many listeners, and what is typed
 * for it, by many. Safe for any thread.
 */
public final class DomainConsole implements ConsoleOutput {
    /** Bytes of output kept for who comes later. */
    private static final int KEPT = 1 << 16;

    /** Bytes typed before the guest is told: far fewer than are kept for it. */
    private static final int CHUNK = 4096;

    private final ConsoleHistory history = new ConsoleHistory(KEPT);
    private final ConsoleInput input = new ConsoleInput();
    private final List<ConsoleOutput> outputs = new CopyOnWriteArrayList<>();
    private volatile @Nullable ConsoleBackend backend;

    DomainConsole() {}

    /** Tells {@code output} of all that is printed from now on, on the host's thread. */
    public void attach(ConsoleOutput output) {
        outputs.add(output);
    }

    /** Ends {@link #attach}. */
    public void detach(ConsoleOutput output) {
        outputs.remove(output);
    }

    /** Writes all that is printed from now on to {@code log}; ends with its first failure. */
    public void log(OutputStream log) {
        attach(
                new ConsoleOutput() {
                    @Override
                    public void print(byte[] bytes, int length) {
                        try {
                            log.write(bytes, 0, length);
                        } catch (IOException e) {
                            detach(this); // a full disk must not stop the guest
                        }
                    }
                });
    }

    /** What was printed last, for readers who follow at their own pace. */
    public ConsoleHistory history() {
        return history;
    }

    /** Types {@code bytes}; waits for room. */
    public void type(byte[] bytes) throws InterruptedException {
        for (int at = 0; at < bytes.length; at += CHUNK) {
            input.put(Arrays.copyOfRange(bytes, at, Math.min(at + CHUNK, bytes.length)));
            wake();
        }
    }

    /** As {@link #type}, but forgets what there is no room for. */
    public void typeSome(byte[] bytes) {
        input.offer(bytes);
        wake();
    }

    private void wake() {
        ConsoleBackend b = backend;
        if (b != null) {
            b.wake();
        }
    }

    /** What waits to be typed. */
    ConsoleInput input() {
        return input;
    }

    /** A life of the domain begins, or ends (null). */
    void connect(@Nullable ConsoleBackend newBackend) {
        backend = newBackend;
        wake();
    }

    @Override
    public void print(byte[] bytes, int length) {
        history.append(bytes, length);
        for (ConsoleOutput output : outputs) {
            output.print(bytes, length);
        }
    }

    /** The domain is gone for good. */
    void close() {
        history.close();
    }
}
