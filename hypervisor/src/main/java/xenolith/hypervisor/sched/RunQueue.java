package xenolith.hypervisor.sched;

import java.util.LinkedHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for a physical CPU, in order of arrival; each step takes the same time however many
 * there are. Who has the CPU is not in the queue and comes back to its end.
 */
public final class RunQueue<T> {
    private final LinkedHashSet<T> waiting = new LinkedHashSet<>();
    private @Nullable T running;

    /** {@code t} can run: it waits for its turn, unless it does so already or runs. */
    public void add(T t) {
        if (!t.equals(running)) {
            waiting.add(t);
        }
    }

    /** {@code t} cannot run any more. */
    public void remove(T t) {
        waiting.remove(t);
    }

    /** Whose turn it is, who runs until {@link #end}; null if nobody waits. */
    public @Nullable T next() {
        running = waiting.isEmpty() ? null : waiting.removeFirst();
        return running;
    }

    /** The turn of whoever runs is over; it waits for another if it is {@code runnable}. */
    public void end(boolean runnable) {
        T was = running;
        running = null;
        if (was != null && runnable) {
            waiting.add(was);
        }
    }

    /** How many wait. */
    public int waiting() {
        return waiting.size();
    }
}
