package xenolith.toolstack.net;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/**
 * One guest's way out: a passt that is started, connected, and started anew when it ends. A virtual
 * thread watches over it.
 */
final class PasstLine {
    private static final long FIRST_PAUSE_MILLIS = 500;
    private static final long LAST_PAUSE_MILLIS = 30_000;
    private static final int MOST_WAITING = 1024;

    private final List<String> options;
    private final Consumer<String> log;
    private final Handover<Frame> in;
    private final Handover<Frame> out;
    private final CountDownLatch started = new CountDownLatch(1);
    private volatile @Nullable PasstProcess process;
    private volatile @Nullable ToolException failure;
    private volatile boolean closed;

    /**
     * A line, not yet begun.
     *
     * @param options of passt
     * @param host the executor on which {@code taker} is given what comes
     * @param workers the executor on which frames are written
     * @param log is told when passt ends or cannot be started
     */
    PasstLine(
            List<String> options,
            Executor host,
            Executor workers,
            Consumer<Frame> taker,
            Consumer<String> log) {
        this.options = List.copyOf(options);
        this.log = log;
        Merger merger = new Merger(taker);
        this.in = new Handover<>(MOST_WAITING, host, merger::take, merger::flush);
        this.out = new Handover<>(MOST_WAITING, workers, this::write, () -> {});
    }

    /** Starts passt soon, and again whenever it has ended. */
    void begin() {
        Thread.ofVirtual().name("passt").start(this::watch);
    }

    /** Waits until passt runs, or says why it does not. */
    void awaitStart() throws ToolException, InterruptedException {
        started.await();
        ToolException e = failure;
        if (e != null) {
            throw e;
        }
    }

    boolean running() {
        return process != null;
    }

    /** Sends a frame out; false if too many wait. */
    boolean send(Frame frame) {
        return out.offer(frame);
    }

    private void watch() {
        long pause = FIRST_PAUSE_MILLIS;
        try {
            while (!closed) {
                long began = System.nanoTime();
                serve();
                if (closed) {
                    return;
                }
                boolean lived = System.nanoTime() - began > LAST_PAUSE_MILLIS * 1_000_000;
                pause = lived ? FIRST_PAUSE_MILLIS : Math.min(LAST_PAUSE_MILLIS, pause * 2);
                Thread.sleep(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One life of a passt. */
    private void serve() throws InterruptedException {
        try (PasstProcess p = PasstProcess.start(options)) {
            process = p;
            failure = null;
            started.countDown();
            if (closed) {
                return;
            }
            p.stream().read(in::put);
            if (!closed) {
                log.accept("passt ended and is started anew; it said: " + p.words());
            }
        } catch (ToolException e) {
            failure = e;
            log.accept(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            if (!closed) {
                log.accept("passt is started anew: " + e.getMessage());
            }
        } finally {
            process = null;
            started.countDown();
        }
    }

    private void write(Frame frame) {
        try {
            started.await(); // a guest's first frame, often a DHCP request, waits for passt
            PasstProcess p = process;
            if (p != null) {
                write(p, frame);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(PasstProcess p, Frame frame) {
        try {
            p.stream().write(frame);
        } catch (IOException e) {
            p.close(); // the watching thread sees the end and starts another
        }
    }

    /** Ends passt. */
    void close() {
        closed = true;
        in.close();
        out.close();
        PasstProcess p = process;
        if (p != null) {
            p.close();
        }
    }
}
