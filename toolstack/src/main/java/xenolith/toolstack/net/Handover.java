package xenolith.toolstack.net;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue between one thread and another: what is put in comes out in order on an executor,
 * one piece at a time. It is how frames go to a socket (executor: a virtual thread) and come from
 * one (executor: the host's thread).
 */
final class Handover<T> {
    /** Pieces in one turn of the executor, so that the host's thread is not held up. */
    private static final int TURN = 64;

    private final int most;
    private final Executor executor;
    private final Consumer<T> taker;
    private final Runnable idle;
    private final Deque<T> waiting = new ArrayDeque<>();
    private boolean scheduled;
    private boolean closed;
    private @Nullable Runnable last;

    /**
     * A queue.
     *
     * @param most pieces that may wait
     * @param taker is given each piece on {@code executor}
     * @param idle runs there whenever nothing waits any more
     */
    Handover(int most, Executor executor, Consumer<T> taker, Runnable idle) {
        this.most = most;
        this.executor = executor;
        this.taker = taker;
        this.idle = idle;
    }

    /** Puts {@code piece} in; false if the queue is full or closed. */
    boolean offer(T piece) {
        synchronized (this) {
            if (closed || waiting.size() >= most) {
                return false;
            }
            waiting.add(piece);
            if (scheduled) {
                return true;
            }
            scheduled = true;
        }
        executor.execute(this::turn);
        return true;
    }

    /** Puts {@code piece} in, waiting for room; false if the queue is closed. */
    boolean put(T piece) throws InterruptedException {
        synchronized (this) {
            while (!closed && waiting.size() >= most) {
                wait();
            }
        }
        return offer(piece);
    }

    /** Takes nothing any more, and forgets what waits. */
    synchronized void close() {
        closed = true;
        waiting.clear();
        notifyAll();
    }

    /** Takes nothing any more; when what waits has been taken, {@code end} runs as the last. */
    void finish(Runnable end) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            last = end;
            notifyAll();
            if (scheduled) {
                return;
            }
            scheduled = true;
        }
        executor.execute(this::turn);
    }

    private void turn() {
        for (int i = 0; i < TURN; i++) {
            T piece;
            synchronized (this) {
                piece = waiting.poll();
                notifyAll();
            }
            if (piece != null) {
                taker.accept(piece);
                continue;
            }
            idle.run();
            if (rest()) {
                return;
            }
        }
        executor.execute(this::turn);
    }

    /** Whether there is nothing left to do, after what is to be done last. */
    private boolean rest() {
        Runnable end;
        synchronized (this) {
            if (!waiting.isEmpty()) {
                return false;
            }
            scheduled = false;
            end = last;
            last = null;
        }
        if (end != null) {
            end.run();
        }
        return true;
    }
}
