package xenolith.hypervisor.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/** The hypervisor's log: the last lines, and a listener for new ones ("xl dmesg"). */
public final class HypervisorLog implements RefusalLog {
    private static final int LINES = 2000;

    private final Deque<String> lines = new ArrayDeque<>();
    private volatile Consumer<String> listener = line -> {};

    /** Adds one line; from any thread. */
    public void line(String text) {
        String line = "(XEN) " + text;
        synchronized (lines) {
            lines.addLast(line);
            if (lines.size() > LINES) {
                lines.removeFirst();
            }
        }
        listener.accept(line);
    }

    @Override
    public void refuse(int domid, String sentence) {
        line("d" + domid + ": " + sentence);
    }

    /** The last lines, oldest first. */
    public List<String> lines() {
        synchronized (lines) {
            return new ArrayList<>(lines);
        }
    }

    /** Sets who is told of new lines. */
    public void listen(Consumer<String> newListener) {
        listener = newListener;
    }
}
