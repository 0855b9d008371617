package xenolith.machine.translate;

import java.lang.reflect.Method;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Code on its way to HotSpot's second compiler, which does well only with counts of what was run:
 * so it runs for a while as the first compiler made it, counting. It is ordered again whenever
 * HotSpot drops it, because something happened that was not seen while it was counted.
 */
final class Ripening {
    /**
     * Instructions run before the counts are taken for typical: some samples, since with three of
     * them code may have run hardly at all. No more than that: code that counts is six times as
     * long, and wide code takes minutes to run millions of instructions in each region.
     */
    private static final long COUNTED = Integer.getInteger("xenolith.counted", 200_000);

    /** Nanoseconds after which code that stays compiled is left alone. */
    private static final long RIPE = 5_000_000_000L;

    /** Nanoseconds from an order to the next for the same code. */
    private static final long BETWEEN = 20_000_000;

    private static final class Fruit {
        final GuestCode code;
        final Method method;
        long ordered;
        long since = System.nanoTime();

        Fruit(GuestCode code, Method method) {
            this.code = code;
            this.method = method;
        }
    }

    /** Nanoseconds from one look to the next: to ask HotSpot costs more than it seems. */
    private static final long PAUSE = 10_000_000;

    private long looked;

    private final HotSpot hotSpot;
    private final Deque<Fruit> unripe = new ArrayDeque<>();

    Ripening(HotSpot hotSpot) {
        this.hotSpot = hotSpot;
    }

    boolean isEmpty() {
        return unripe.isEmpty();
    }

    /** Takes code in that is compiled so that it counts. */
    void add(GuestCode code, Method method) {
        unripe.add(new Fruit(code, method));
    }

    /** Looks after all of it. */
    void look() {
        long now = System.nanoTime();
        if (now - looked < PAUSE) {
            return;
        }
        looked = now;
        for (Iterator<Fruit> i = unripe.iterator(); i.hasNext(); ) {
            Fruit f = i.next();
            if (!f.code.valid() || now - f.since > RIPE) {
                i.remove();
            } else if (hotSpot.level(f.method) != HotSpot.FULL) {
                f.since = now;
                if (f.code.work >= COUNTED && now - f.ordered > BETWEEN) {
                    f.ordered = now;
                    hotSpot.order(f.method, HotSpot.FULL);
                }
            }
        }
    }
}
