package xenolith.hypervisor.trace;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The trace: one line an event, by category. Callers test the category's flag before they build a
 * line, so that a category that is off costs one read.
 */
public final class Trace {
    /** What can be traced. */
    public enum Category {
        HYPERCALL,
        TRAP,
        EVENT,
        MMU,
        SCHED,
        /** Negative answers with their reasons. */
        REFUSALS
    }

    private volatile boolean hypercall;
    private volatile boolean trap;
    private volatile boolean event;
    private volatile boolean mmu;
    private volatile boolean sched;
    private volatile boolean refusals;
    private final Consumer<String> sink;

    /** A trace that writes its lines to {@code sink}, with {@code on} switched on. */
    public Trace(Consumer<String> sink, Set<Category> on) {
        this.sink = sink;
        set(on);
    }

    /** A trace with nothing on and no sink. */
    public static Trace off() {
        return new Trace(line -> {}, EnumSet.noneOf(Category.class));
    }

    /** Switches exactly the categories {@code on} on; from any thread. */
    public void set(Set<Category> on) {
        hypercall = on.contains(Category.HYPERCALL);
        trap = on.contains(Category.TRAP);
        event = on.contains(Category.EVENT);
        mmu = on.contains(Category.MMU);
        sched = on.contains(Category.SCHED);
        refusals = on.contains(Category.REFUSALS);
    }

    public boolean hypercall() {
        return hypercall;
    }

    public boolean trap() {
        return trap;
    }

    public boolean event() {
        return event;
    }

    public boolean mmu() {
        return mmu;
    }

    public boolean sched() {
        return sched;
    }

    public boolean refusals() {
        return refusals;
    }

    /** Writes one line. */
    public void line(String text) {
        sink.accept(text);
    }
}
