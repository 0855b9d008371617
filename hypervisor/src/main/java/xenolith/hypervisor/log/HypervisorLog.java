package xenolith.hypervisor.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * The hypervisor's log: the last messages, the last refusals, and a listener for new messages ("xl
 * dmesg"). Refusals have a ring of their own, so that a guest cannot push messages out.
 */
public final class HypervisorLog implements RefusalLog {
    private static final int LINES = 2000;

    private record Line(long sequence, String text) {}

    private final AtomicLong sequence = new AtomicLong();
    private final Deque<Line> lines = new ArrayDeque<>();
    private final Refusals refusals = new Refusals(sequence::getAndIncrement);
    private volatile Consumer<String> listener = line -> {};

    /** Adds one line; from any thread. */
    public void line(String text) {
        Line line = new Line(sequence.getAndIncrement(), "(XEN) " + text);
        synchronized (lines) {
            lines.addLast(line);
            if (lines.size() > LINES) {
                lines.removeFirst();
            }
        }
        listener.accept(line.text());
    }

    @Override
    public void refuse(int domid, String sentence) {
        refusals.refuse(domid, sentence);
    }

    /** What was refused, and why. */
    public Refusals refusals() {
        return refusals;
    }

    /** The last messages and refusals, oldest first. */
    public List<String> lines() {
        List<Line> all = new ArrayList<>();
        synchronized (lines) {
            all.addAll(lines);
        }
        for (Refusal refusal : refusals.last()) {
            all.add(new Line(refusal.sequence(), "(XEN) " + refusal.line()));
        }
        all.sort(Comparator.comparingLong(Line::sequence));
        return all.stream().map(Line::text).toList();
    }

    /** Forgets all messages and refusals. */
    public void clear() {
        synchronized (lines) {
            lines.clear();
        }
        refusals.clear();
    }

    /** Sets who is told of new messages. */
    public void listen(Consumer<String> newListener) {
        listener = newListener;
    }
}
