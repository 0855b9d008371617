package xenolith.toolstack.xl;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.host.Host;
import xenolith.toolstack.ToolException;

/** The thread that runs all guests and all that touches them. */
final class HostThread {
    private final Host machine;
    private final Thread thread;
    private volatile boolean ending;
    private volatile @Nullable Throwable failure;

    HostThread(Host machine) {
        this.machine = machine;
        this.thread = new Thread(this::live, "xenolith host");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Processor time of the thread, in nanoseconds; 0 where the machine does not tell. */
    long nanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return threads.isThreadCpuTimeSupported()
                ? Math.max(0, threads.getThreadCpuTime(thread.threadId()))
                : 0;
    }

    /** One task's failure, a defect, must not take the others along. */
    private void live() {
        while (!ending) {
            try {
                machine.run();
            } catch (RuntimeException e) {
                machine.log().line("A task of the host failed, a defect of Xenolith: " + e);
            } catch (Error e) {
                failure = e;
                throw e;
            }
        }
    }

    /** Runs {@code task} there and waits; at once if the caller is there already. */
    <T extends @Nullable Object> T call(Callable<T> task) throws ToolException, ControlException {
        if (Thread.currentThread().equals(thread)) {
            return here(task);
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        post(() -> {
            try {
                answer.complete(task.call());
            } catch (Exception | Error e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            switch (cause) {
                case ToolException t -> throw t;
                case ControlException c -> throw c;
                case RuntimeException r -> throw r;
                case Error x -> throw x;
                default -> throw new IllegalStateException(cause);
            }
        }
    }

    private static <T extends @Nullable Object> T here(Callable<T> task)
            throws ToolException, ControlException {
        try {
            return task.call();
        } catch (ToolException | ControlException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    void run(Runnable task) {
        try {
            call(() -> {
                task.run();
                return true;
            });
        } catch (ToolException | ControlException e) {
            throw new IllegalStateException("a task without exceptions threw one", e);
        }
    }

    private void post(Runnable task) {
        if (!thread.isAlive()) {
            throw new IllegalStateException("The host has ended.", failure);
        }
        machine.post(task);
    }

    /** Ends the thread and waits for that. */
    void end() {
        ending = true;
        machine.stop();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
