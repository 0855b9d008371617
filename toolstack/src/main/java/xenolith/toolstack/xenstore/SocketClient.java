package xenolith.toolstack.xenstore;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * A client of the {@link XenstoreSocket}: one thread reads its requests, one writes what it is
 * sent. The next request is read when the last was served, so that a client cannot flood the host;
 * one that fetches nothing is left alone when too much waits for it.
 */
final class SocketClient {
    /** Messages on their way to the socket; more wait in the outbox. */
    private static final int MOST_WRITING = 64;

    /** Bytes that may wait for a client. */
    private static final long MOST_WAITING = 16 << 20;

    private final SocketChannel channel;
    private final Store store;
    private final Executor host;
    private final Consumer<SocketClient> ended;
    private final Connection connection;
    private final Semaphore served = new Semaphore(0);
    private final BlockingQueue<byte[]> writing = new ArrayBlockingQueue<>(MOST_WRITING);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile boolean waiting;
    private final Thread writer;

    SocketClient(SocketChannel channel, Store store, Executor host, Consumer<SocketClient> ended) {
        this.channel = channel;
        this.store = store;
        this.host = host;
        this.ended = ended;
        this.connection = new Connection(store);
        this.writer = Thread.ofVirtual().name("xenstore writer").unstarted(this::write);
    }

    void start() {
        connection.onEvents(this::move);
        writer.start();
        Thread.ofVirtual().name("xenstore reader").start(this::read);
    }

    private void read() {
        Incoming incoming = new Incoming();
        try {
            while (true) {
                Message message = incoming.take();
                if (message != null) {
                    host.execute(() -> {
                        connection.serve(message);
                        move();
                        served.release();
                    });
                    served.acquire();
                    continue;
                }
                int n =
                        channel.read(
                                ByteBuffer.wrap(
                                        incoming.array(), incoming.position(), incoming.wanted()));
                if (n < 0) {
                    break;
                }
                incoming.advance(n);
                if (incoming.isTooLong()) {
                    host.execute(() ->
                            store.host()
                                    .log(
                                            "xenstore: a client of the socket announced a"
                                                    + " message of more than 4096 bytes"));
                    break;
                }
            }
        } catch (IOException e) {
            // It has gone, as it may at any time.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close();
    }

    /** Moves messages on their way. On the host's thread. */
    private void move() {
        Outbox outbox = connection.outbox();
        for (byte[] next; (next = outbox.first()) != null; ) {
            if (!writing.offer(next)) {
                waiting = true;
                if (outbox.bytes() > MOST_WAITING) {
                    store.host().log("xenstore: a client of the socket fetches nothing");
                    close();
                }
                return;
            }
            outbox.sent();
        }
    }

    private void write() {
        try {
            while (true) {
                ByteBuffer next = ByteBuffer.wrap(writing.take());
                while (next.hasRemaining()) {
                    channel.write(next);
                }
                if (waiting && writing.isEmpty()) {
                    waiting = false;
                    host.execute(this::move);
                }
            }
        } catch (IOException e) {
            close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the connection with its watches and transactions. From any thread. */
    void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            // It is not needed any more.
        }
        writer.interrupt();
        ended.accept(this);
        try {
            host.execute(connection::reset);
        } catch (RejectedExecutionException e) {
            // The host ends, and the store with it.
        }
    }
}
