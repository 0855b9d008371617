package xenolith.machine.translate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Makes classes of regions beside the processor, which goes on with what it has until HotSpot has
 * compiled them: its bytecode interpreter would be slower than ours.
 *
 * <p>HotSpot compiles what is called often, so the classes are called with an entry that only
 * returns; such a call becomes several times faster when it is compiled.
 */
final class Workshop {
    /** Calls in one measurement. */
    private static final int BATCH = 32;

    /** Measurements that surely see interpreted calls; together enough for HotSpot to compile. */
    private static final int COLD = 8;

    /** After so many measurements a class is used, compiled or not. */
    private static final int PATIENCE = 1000;

    /** Calls after which HotSpot wants to compile for the second time. */
    private static final int PROFILED = 20_000;

    /** What a compiled call gains at least over an interpreted one. */
    private static final int GAIN = 3;

    /** Seconds without orders after which the thread ends. */
    private static final long IDLE = 2;

    private record Order(Region region, boolean warm) {}

    /**
     * What was made of a region.
     *
     * @param entries offsets where it may be entered
     * @param code null if nothing could be made
     * @param bytes of the class
     */
    record Product(
            Region region,
            List<Integer> entries,
            @Nullable GuestCode code,
            int bytes,
            long nanoseconds) {
        static Product nothing(Region region) {
            return new Product(region, List.of(), null, 0, 0);
        }
    }

    /** Orders that may wait: a guest may make code faster than it is translated. */
    private static final int BACKLOG = 512;

    /** Classes that may wait for HotSpot. */
    private static final int UNFINISHED = 256;

    private final BlockingQueue<Order> orders = new LinkedBlockingQueue<>(BACKLOG);
    private final ConcurrentLinkedQueue<Product> products = new ConcurrentLinkedQueue<>();
    private volatile boolean ready;
    private final AtomicInteger backlog = new AtomicInteger();
    private @Nullable Thread worker;

    /** Code whose calls HotSpot still counts; only the worker looks at it. */
    private final ArrayDeque<GuestCode> profiled = new ArrayDeque<>();

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
                return new Product(part, compiler.entries(), code, bytes.length, nanoseconds);
            }
        }
        return Product.nothing(region);
    }

    // ---- the thread --------------------------------------------------------------------------

    /** A class that HotSpot has not compiled yet, and the time of interpreted calls. */
    private static final class Waiting {
        final Product product;
        final GuestCode code;
        long interpreted = Long.MAX_VALUE;
        int measurements;

        Waiting(Product product, GuestCode code) {
            this.product = product;
            this.code = code;
            for (int n = 0; n < COLD; n++) {
                interpreted = Math.min(interpreted, batch(code));
            }
        }

        boolean compiled() {
            return batch(code) * GAIN < interpreted || ++measurements > PATIENCE;
        }
    }

    private void work() {
        List<Waiting> waiting = new ArrayList<>();
        try {
            while (true) {
                boolean idle = waiting.isEmpty() && profiled.isEmpty();
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
                } else if (waiting.isEmpty() && !profiled.isEmpty()) {
                    leaveProfiling(profiled.remove());
                }
                publish(waiting);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
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

    private void begin(Order order, List<Waiting> waiting) {
        Product p =
                order.region.valid()
                        ? make(order.region, order.warm)
                        : Product.nothing(order.region);
        if (p.code == null) {
            finish(p);
        } else {
            waiting.add(new Waiting(p, p.code));
        }
    }

    private void publish(List<Waiting> waiting) {
        for (Iterator<Waiting> i = waiting.iterator(); i.hasNext(); ) {
            Waiting w = i.next();
            if (w.compiled()) {
                i.remove();
                finish(w.product);
                if (w.code.warm) {
                    profiled.add(w.code);
                }
            }
        }
    }

    private void finish(Product p) {
        products.add(p);
        ready = true;
        backlog.decrementAndGet();
    }

    /**
     * Calls {@code code} until HotSpot finds that its second compiler cannot have it, and drops the
     * version that counts branches for that compiler.
     */
    private static void leaveProfiling(GuestCode code) {
        for (int n = 0; n < PROFILED && code.valid(); n += BATCH) {
            batch(code);
        }
    }

    /** Such a call looks at nothing that it is given. */
    @SuppressWarnings("NullAway")
    private static long batch(GuestCode code) {
        long begin = System.nanoTime();
        for (int n = 0; n < BATCH; n++) {
            code.run(null, null, null, 0, GuestCode.NO_ENTRY, 0);
        }
        return System.nanoTime() - begin;
    }
}
