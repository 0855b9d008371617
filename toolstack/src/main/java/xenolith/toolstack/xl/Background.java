package xenolith.toolstack.xl;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.device.DomainSite;

/** Where back ends wait: a virtual thread for each task, and alarms. */
final class Background implements Executor, DomainSite.Alarms, AutoCloseable {
    private final boolean inline;
    private final Consumer<Runnable> post;
    private @Nullable ScheduledExecutorService timer;
    private boolean closed;

    /**
     * A background that is not used costs nothing.
     *
     * @param inline tasks are run at once by their callers
     * @param post runs a task on the host's thread
     */
    Background(boolean inline, Consumer<Runnable> post) {
        this.inline = inline;
        this.post = post;
    }

    @Override
    public void execute(Runnable task) {
        if (inline) {
            task.run();
        } else {
            Thread.ofVirtual().name("back end").start(task);
        }
    }

    @Override
    public synchronized void in(Duration time, Runnable task) {
        if (closed) {
            return;
        }
        ScheduledExecutorService t = timer;
        if (t == null) {
            t = timer();
            timer = t;
        }
        var _ = t.schedule(() -> post.accept(task), time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static ScheduledExecutorService timer() {
        return new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "alarms");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (timer != null) {
            timer.shutdownNow();
        }
    }
}
