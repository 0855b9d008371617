package xenolith.hypervisor.domain;

import java.util.function.LongConsumer;
import xenolith.abi.xen.Virq;
import xenolith.hypervisor.sched.TimerQueue;

/**
 * Whether a vCPU can run, what it waits for, and its timers. Each change is told to the queues of
 * the host at once. System times are in nanoseconds.
 */
public final class Activity {
    /** Deadline of what is not set. */
    public static final long NEVER = TimerQueue.NEVER;

    private static final int[] ANY_PORT = {};

    private final Vcpu vcpu;
    private final TimerQueue.Timer timer;
    private boolean online;
    private boolean blocked;
    private boolean polling;
    private int[] pollPorts = ANY_PORT;
    private long pollDeadline = NEVER;
    private long timerDeadline = NEVER;
    private long period;
    private long periodicNext = NEVER;

    Activity(Vcpu vcpu, Hypervisor hypervisor, long order) {
        LongConsumer action = this::fire;
        this.vcpu = vcpu;
        this.timer = hypervisor.timers.timer(order, action);
    }

    // ---- what it waits for -------------------------------------------------------------------

    /** Whether the vCPU is up. */
    public boolean online() {
        return online;
    }

    /** The vCPU goes up or down. */
    public void setOnline(boolean up) {
        online = up;
        tell();
    }

    /** Waits for an event. */
    public void block() {
        blocked = true;
        tell();
    }

    /** Waits until {@code deadline} for {@code ports}, if that is one, or else for any event. */
    public void poll(int[] ports, long deadline) {
        polling = true;
        pollPorts = ports;
        pollDeadline = deadline;
        tell();
    }

    /** {@code port} became pending: who polls several ports is woken by any, as in Xen. */
    void wakePoller(int port) {
        if (polling && (pollPorts.length != 1 || pollPorts[0] == port)) {
            stopPolling();
            tell();
        }
    }

    /** An event became pending: the vCPU leaves its sleep. */
    public void wake() {
        if (waits()) {
            blocked = false;
            stopPolling();
            tell();
        }
    }

    private void stopPolling() {
        polling = false;
        pollDeadline = NEVER;
        pollPorts = ANY_PORT;
    }

    /** Whether it waits for an event, in a block or a poll. */
    public boolean waits() {
        return blocked || polling;
    }

    /** Whether the vCPU has something to execute. */
    public boolean runnable() {
        return online && !blocked && !polling && vcpu.domain.running();
    }

    // ---- timers ------------------------------------------------------------------------------

    /** VIRQ_TIMER comes once, at {@code deadline}, or {@link #NEVER}. */
    public void setTimer(long deadline) {
        timerDeadline = deadline;
        tell();
    }

    /** VIRQ_TIMER comes each {@code newPeriod} nanoseconds, counted from {@code now}. */
    public void setPeriodic(long newPeriod, long now) {
        period = newPeriod;
        periodicNext = now + newPeriod;
        tell();
    }

    /** No VIRQ_TIMER comes any more without being asked for. */
    public void stopPeriodic() {
        periodicNext = NEVER;
        tell();
    }

    private void fire(long now) {
        if (timerDeadline <= now) {
            timerDeadline = NEVER;
            vcpu.domain.events.raiseVirq(vcpu.id, Virq.TIMER);
        }
        if (periodicNext <= now) {
            periodicNext = Math.max(periodicNext + period, now + 1);
            vcpu.domain.events.raiseVirq(vcpu.id, Virq.TIMER);
        }
        if (pollDeadline <= now) {
            stopPolling();
        }
        tell();
    }

    /** The periodic timer ticks only for a vCPU that runs: it does not end a sleep. */
    private long nextDeadline() {
        if (!online || !vcpu.domain.running()) {
            return NEVER;
        }
        long periodic = waits() ? NEVER : periodicNext;
        return Math.min(Math.min(timerDeadline, periodic), pollDeadline);
    }

    /** Tells the host's queues of what has changed, here or in the domain. */
    void tell() {
        timer.set(nextDeadline());
        Hypervisor hypervisor = vcpu.domain.hypervisor;
        if (runnable()) {
            hypervisor.runQueue.add(vcpu);
        } else {
            hypervisor.runQueue.remove(vcpu);
        }
    }
}
