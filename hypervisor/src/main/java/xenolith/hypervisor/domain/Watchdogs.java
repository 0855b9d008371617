package xenolith.hypervisor.domain;

import java.util.Arrays;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.sched.TimerQueue;

/** The watchdogs of a domain (SCHEDOP_watchdog): one that nobody resets shuts the domain down. */
public final class Watchdogs {
    /** How many a domain has; they are numbered from 1 on. */
    public static final int COUNT = 2;

    private final Domain domain;
    private final TimerQueue.Timer timer;

    /** System time (ns) at which each bites. */
    private final long[] deadlines = new long[COUNT];

    Watchdogs(Domain domain, Hypervisor hypervisor, long order) {
        this.domain = domain;
        Arrays.fill(deadlines, TimerQueue.NEVER);
        this.timer = hypervisor.timers.timer(order, this::bite);
    }

    /** The number of one that is not set, or 0. */
    public int free() {
        for (int i = 0; i < COUNT; i++) {
            if (deadlines[i] == TimerQueue.NEVER) {
                return i + 1;
            }
        }
        return 0;
    }

    /** Whether watchdog {@code id}, 1 to {@link #COUNT}, is set. */
    public boolean isSet(int id) {
        return deadlines[id - 1] != TimerQueue.NEVER;
    }

    /** Watchdog {@code id} bites at {@code deadline}, or {@link TimerQueue#NEVER}. */
    public void set(int id, long deadline) {
        deadlines[id - 1] = deadline;
        tell();
    }

    private void bite(long now) {
        for (long deadline : deadlines) {
            if (deadline <= now) {
                domain.shutdown(ShutdownReason.WATCHDOG);
            }
        }
        tell();
    }

    /** Tells the host's queue of what has changed, here or in the domain. */
    void tell() {
        long next = Math.min(deadlines[0], deadlines[1]);
        timer.set(domain.running() ? next : TimerQueue.NEVER);
    }
}
