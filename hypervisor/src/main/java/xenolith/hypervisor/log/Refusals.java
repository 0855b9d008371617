package xenolith.hypervisor.log;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The last refusals of a host. While a hypercall is in progress all reasons are its; the dispatcher
 * says when it begins and what it answered. Text is made when somebody reads it.
 *
 * <p>Hypercalls come from the host's one thread; readers from any.
 */
public final class Refusals implements RefusalLog {
    private static final int KEPT = 1024;

    /** Sentences a refusal has at most: a long list may be refused element by element. */
    private static final int REASONS = 8;

    private final Deque<Refusal> ring = new ArrayDeque<>();
    private final List<String> reasons = new ArrayList<>();
    private final LongSupplier sequence;
    private boolean inCall;
    private long said;
    private long count;
    private volatile Consumer<Refusal> listener = refusal -> {};

    Refusals(LongSupplier sequence) {
        this.sequence = sequence;
    }

    /** Sets who is told of new ones. */
    public void listen(Consumer<Refusal> newListener) {
        listener = newListener;
    }

    /** A hypercall begins. */
    public void begin() {
        inCall = true;
        if (!reasons.isEmpty()) {
            reasons.clear();
        }
    }

    /** The hypercall is over: reasons belong to nobody again. */
    public void end() {
        inCall = false;
        if (!reasons.isEmpty()) {
            reasons.clear();
        }
    }

    @Override
    public void refuse(int domid, String sentence) {
        said++;
        if (!inCall) {
            add(new Refusal(next(), domid, -1, -1, 0, 0, 0, 0, List.of(sentence)));
        } else if (reasons.size() < REASONS) {
            reasons.add(sentence);
        }
    }

    /** How many sentences there were so far; grows with each. */
    public long said() {
        return said;
    }

    /**
     * An element of the list of the call in progress got the negative {@code status} and nobody
     * said why: a defect, which the reasons of other elements must not hide.
     */
    public void unexplained(int domid, int vcpu, long number, long a1, long at, long status) {
        add(new Refusal(next(), domid, vcpu, number, a1, at, 1, status, List.of()));
    }

    /** Whether the call in progress was given a reason that is not yet in a refusal. */
    public boolean pending() {
        return !reasons.isEmpty();
    }

    /** The call in progress, or an entry of its list, was refused, or parts of it. */
    public void record(int domid, int vcpu, long number, long a1, long a2, long a3, long result) {
        List<String> why = List.copyOf(reasons);
        reasons.clear();
        add(new Refusal(next(), domid, vcpu, number, a1, a2, a3, result, why));
    }

    /** Forgets all. */
    void clear() {
        synchronized (ring) {
            ring.clear();
        }
    }

    private long next() {
        return sequence.getAsLong();
    }

    private void add(Refusal refusal) {
        synchronized (ring) {
            count++;
            ring.addLast(refusal);
            if (ring.size() > KEPT) {
                ring.removeFirst();
            }
        }
        listener.accept(refusal);
    }

    /** How many there were. */
    public long count() {
        synchronized (ring) {
            return count;
        }
    }

    /** The last ones, oldest first. */
    public List<Refusal> last() {
        synchronized (ring) {
            return new ArrayList<>(ring);
        }
    }

    /** The last {@code most} of domain {@code domid}, oldest first. */
    public List<Refusal> last(int domid, int most) {
        List<Refusal> own = last().stream().filter(r -> r.domid() == domid).toList();
        return own.subList(Math.max(0, own.size() - most), own.size());
    }
}
