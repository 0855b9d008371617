package xenolith.machine.translate;

import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes classes of regions beside the processor, which goes on with what it has until HotSpot has
 * compiled them: its bytecode interpreter would be slower than ours.
 */
final class Workshop {
    /** After so many nanoseconds a class is used, compiled or not. */
    private static final long PATIENCE = 10_000_000_000L;

    /** Seconds without orders after which the thread ends. */
    private static final long IDLE = 2;

    private record Order(Region region, boolean warm) {}

    /**
     * What was made of a region.
     *
     * @param ordered the whole of it
     * @param region the part that it was made of
     * @param entries offsets where it may be entered
     * @param code null if nothing could be made
     * @param bytes of the class
     */
    record Product(
            Region ordered,
            Region region,
            List<Integer> entries,
            @Nullable GuestCode code,
            int bytes,
            long nanoseconds) {
        static Product nothing(Region region) {
            return new Product(region, region, List.of(), null, 0, 0);
        }
    }

    /** Orders that may wait: a guest may make code faster than it is translated. */
    private static final int BACKLOG = 512;

    /** Classes for the first compiler, which HotSpot has not compiled yet, that are looked at. */
    private static final int LOOKED_AT = 4;

    /** Classes that may wait for HotSpot. */
    private static final int UNFINISHED = 256;

    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>(BACKLOG);
    private final ConcurrentLinkedQueue<Product> products = new ConcurrentLinkedQueue<>();
    private volatile boolean ready;
    private final AtomicInteger backlog = new AtomicInteger();
    private @Nullable Thread worker;

    /** Null where HotSpot compiles by itself what is run often. */
    private final @Nullable HotSpot hotSpot = HotSpot.find();

    /** Only the worker looks at it. */
    private final @Nullable Ripening ripening = hotSpot == null ? null : new Ripening(hotSpot);

    /** Orders a class for {@code region}; answers whether there was room for the order. */
    synchronized boolean order(Region region, boolean warm) {
        if (!orders.offer(new Order(region, warm))) {
            return false;
        }
        backlog.incrementAndGet();
        if (worker == null) {
            worker = new Thread(this::work, "translator");
            worker.setDaemon(true);
            worker.start();
        }
        return true;
    }

    /** Classes that were ordered and are not ready. */
    int backlog() {
        return backlog.get();
    }

    /** Whether {@link #take} may have something. */
    boolean ready() {
        return ready;
    }

    /** A class that is ready, or null. */
    @Nullable Product take() {
        Product p = products.poll();
        if (p == null) {
            ready = false;
            p = products.poll();
        }
        return p;
    }

    /**
     * The class of {@code region}, or of the part of it whose method is short enough to be
     * compiled.
     */
    static Product make(Region region, boolean warm) {
        long begin = System.nanoTime();
        for (Region part = region; part != null; part = part.smaller()) {
            RegionCompiler compiler = new RegionCompiler(part, warm);
            byte[] bytes = compiler.compile();
            if (compiler.codeSize() <= RegionCompiler.LONGEST_METHOD) {
                GuestCode code = compiler.load(bytes);
                long nanoseconds = System.nanoTime() - begin;
                return new Product(
                        region, part, compiler.entries(), code, bytes.length, nanoseconds);
            }
        }
        return Product.nothing(region);
    }

    // ---- the thread --------------------------------------------------------------------------

    /** A class that HotSpot is compiling. */
    private record Waiting(Product product, Method method, int compiler, long since) {}

    private void work() {
        Deque<Waiting> waiting = new ArrayDeque<>();
        try {
            while (true) {
                boolean idle = waiting.isEmpty() && (ripening == null || ripening.isEmpty());
                while (waiting.size() >= UNFINISHED) {
                    Thread.sleep(1);
                    publish(waiting);
                }
                Order order =
                        idle
                                ? orders.poll(IDLE, TimeUnit.SECONDS)
                                : orders.poll(1, TimeUnit.MILLISECONDS);
                if (order != null) {
                    begin(order, waiting);
                } else if (idle && done()) {
                    return;
                }
                publish(waiting);
                if (ripening != null) {
                    ripening.look();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            // Their blocks are not being translated any more.
            waiting.forEach(w -> finish(Product.nothing(w.product.ordered)));
            gone();
        }
    }

    /** Lets the next order start a thread, also where a defect of ours has ended this one. */
    private synchronized void gone() {
        if (Thread.currentThread().equals(worker)) {
            worker = null;
        }
    }

    private synchronized boolean done() {
        if (orders.isEmpty()) {
            worker = null;
            return true;
        }
        return false;
    }

    private void begin(Order order, Deque<Waiting> waiting) {
        Product p = Product.nothing(order.region);
        try {
            if (order.region.valid()) {
                p = make(order.region, order.warm);
            }
        } catch (RuntimeException | Error defect) {
            finish(p);
            throw defect;
        }
        if (p.code == null || hotSpot == null) {
            finish(p);
            return;
        }
        Method method = HotSpot.method(p.code.getClass());
        int compiler = order.warm ? HotSpot.SIMPLE : HotSpot.COUNTING;
        if (hotSpot.order(method, compiler)) {
            waiting.add(new Waiting(p, method, compiler, System.nanoTime()));
        } else {
            finish(p);
        }
    }

    /** HotSpot takes orders one after another: who waits longest is ready first, about. */
    private void publish(Deque<Waiting> waiting) {
        int unready = 0;
        for (Iterator<Waiting> i = waiting.iterator(); i.hasNext(); ) {
            Waiting w = i.next();
            boolean compiled = Objects.requireNonNull(hotSpot).level(w.method) == w.compiler;
            if (compiled || System.nanoTime() - w.since > PATIENCE) {
                i.remove();
                finish(w.product);
                if (w.compiler == HotSpot.COUNTING && ripening != null) {
                    ripening.add(Objects.requireNonNull(w.product.code), w.method);
                }
            } else if (w.compiler == HotSpot.SIMPLE && ++unready == LOOKED_AT) {
                return;
            }
        }
    }

    private void finish(Product p) {
        products.add(p);
        ready = true;
        backlog.decrementAndGet();
    }
}
