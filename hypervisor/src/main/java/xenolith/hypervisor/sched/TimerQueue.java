package xenolith.hypervisor.sched;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Timers by deadline: a binary heap in which each timer knows its place, so that to set one takes
 * time logarithmic in the number of those that are set, and to see the first takes none. Which of
 * two equal deadlines comes first does not depend on the order in which they were set.
 */
public final class TimerQueue {
    /** Deadline of a timer that is not set. */
    public static final long NEVER = Long.MAX_VALUE;

    private @Nullable Timer[] heap = new Timer[16];
    private int size;
    private boolean firstChanged;

    /** A timer, not set until {@link #set}. */
    public final class Timer {
        private final long order;
        private final LongConsumer action;
        private long deadline = NEVER;

        /** Index in the heap, -1 while it is not set. */
        private int place = -1;

        private Timer(long order, LongConsumer action) {
            this.order = order;
            this.action = action;
        }

        /** System time (ns) at which it fires next, or {@link #NEVER}. */
        public long deadline() {
            return deadline;
        }

        /** Fires at system time {@code newDeadline} (ns) instead; {@link #NEVER} stops it. */
        public void set(long newDeadline) {
            if (newDeadline != deadline) {
                move(this, newDeadline);
            }
        }

        private boolean before(Timer other) {
            return deadline < other.deadline || deadline == other.deadline && order < other.order;
        }
    }

    /**
     * A new timer of this queue.
     *
     * @param order who is first among equal deadlines: the smaller one; no two timers have the same
     * @param action what it does, given the time; it may set any timer
     */
    public Timer timer(long order, LongConsumer action) {
        return new Timer(order, action);
    }

    /** The earliest deadline, or {@link #NEVER}. */
    public long first() {
        return size == 0 ? NEVER : at(0).deadline;
    }

    /** Whether {@link #first} may have changed since this was last asked. */
    public boolean takeFirstChanged() {
        boolean was = firstChanged;
        firstChanged = false;
        return was;
    }

    /** Fires all timers that are due at system time {@code now} (ns), in their order. */
    public void fire(long now) {
        while (size > 0 && at(0).deadline <= now) {
            Timer due = at(0);
            due.set(NEVER);
            due.action.accept(now);
        }
    }

    private Timer at(int place) {
        return Objects.requireNonNull(heap[place]);
    }

    private void move(Timer t, long deadline) {
        long first = first();
        t.deadline = deadline;
        if (deadline == NEVER) {
            take(t);
        } else {
            if (t.place < 0) {
                append(t);
            }
            sink(rise(t.place));
        }
        firstChanged |= first() != first;
    }

    private void append(Timer t) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, 2 * size);
        }
        put(t, size++);
    }

    private void take(Timer t) {
        int place = t.place;
        t.place = -1;
        Timer last = at(--size);
        heap[size] = null;
        if (last != t) {
            put(last, place);
            sink(rise(place));
        }
    }

    private void put(Timer t, int place) {
        heap[place] = t;
        t.place = place;
    }

    private int rise(int from) {
        Timer t = at(from);
        int place = from;
        while (place > 0 && t.before(at((place - 1) / 2))) {
            put(at((place - 1) / 2), place);
            place = (place - 1) / 2;
        }
        put(t, place);
        return place;
    }

    private void sink(int from) {
        Timer t = at(from);
        int place = from;
        while (true) {
            int child = 2 * place + 1;
            if (child + 1 < size && at(child + 1).before(at(child))) {
                child++;
            }
            if (child >= size || !at(child).before(t)) {
                break;
            }
            put(at(child), place);
            place = child;
        }
        put(t, place);
    }
}
