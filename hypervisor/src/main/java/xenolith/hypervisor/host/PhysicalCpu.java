package xenolith.hypervisor.host;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.RunstateInfo;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.sched.RunQueue;
import xenolith.hypervisor.sched.TimerQueue;
import xenolith.hypervisor.time.Clock;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;

/**
 * One physical CPU: runs the runnable vCPUs in turn, fires their timers, and sleeps or lets counted
 * time jump where none can run. What it does in a turn does not depend on how many domains there
 * are.
 */
final class PhysicalCpu {
    /** Instructions of one slice: about a millisecond. */
    private static final long SLICE = 200_000;

    /** Exits after which the host's clock is looked at, for guests that exit all the time. */
    private static final int EXITS_A_LOOK = 64;

    /** Work in hypercalls, in units of an entry, after which it is looked at: some 100 us. */
    private static final int WORK_A_LOOK = 1024;

    private final Hypervisor hypervisor;
    private final Clock clock;
    private final Engine engine;
    private final GuestExits exits;
    private final TimerQueue timers;
    private final RunQueue<Vcpu> runQueue;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread thread;
    private volatile @Nullable Cpu current;

    /** Whose segment registers the processor holds, as far as the guests can tell. */
    private @Nullable Vcpu last;

    PhysicalCpu(Hypervisor hypervisor) {
        this.hypervisor = hypervisor;
        this.clock = hypervisor.clock;
        this.engine = hypervisor.engine;
        this.timers = hypervisor.timers;
        this.runQueue = hypervisor.runQueue;
        this.exits = new GuestExits();
    }

    /** Runs {@code task} on the thread that runs guests; from any thread. */
    void post(Runnable task) {
        posted.add(task);
        Cpu cpu = current;
        if (cpu != null) {
            cpu.kick();
        }
        Thread t = thread;
        if (t != null) {
            LockSupport.unpark(t);
        }
    }

    /** Whether the caller is the thread that runs guests. */
    boolean isCaller() {
        return Thread.currentThread().equals(thread);
    }

    private void runPosted() {
        Runnable task;
        while ((task = posted.poll()) != null) {
            task.run();
        }
        hypervisor.runHandlers();
    }

    /** Runs guests until {@code done} or system time {@code deadline}. */
    void run(BooleanSupplier done, long deadline) {
        thread = Thread.currentThread();
        try {
            while (true) {
                runPosted();
                long now = clock.now();
                if (done.getAsBoolean() || now >= deadline) {
                    return;
                }
                timers.fire(now);
                if (!hypervisor.frames.reaped()) {
                    hypervisor.frames.reap();
                }
                Vcpu v = runQueue.next();
                if (v != null) {
                    slice(v, deadline);
                } else if (!idle(now, deadline)) {
                    return;
                }
            }
        } finally {
            thread = null;
        }
    }

    /** Sets who is told after each hypercall. */
    void afterHypercalls(Consumer<Vcpu> action) {
        exits.afterHypercalls(action);
    }

    // ---- waiting -----------------------------------------------------------------------------

    /** Nothing can run: waits; false if nothing ever will without a post in counted time. */
    private boolean idle(long now, long deadline) {
        long until = Math.min(timers.first(), deadline);
        if (clock.counted() && until != TimerQueue.NEVER) {
            clock.jumpTo(until);
            return true;
        }
        if (!posted.isEmpty() || !hypervisor.frames.reaped() || hypervisor.frames.scrub()) {
            return true;
        }
        if (until == TimerQueue.NEVER) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, Math.max(1, until - now));
        }
        return !Thread.interrupted();
    }

    // ---- running -----------------------------------------------------------------------------

    private void slice(Vcpu v, long deadline) {
        Cpu cpu = v.cpu;
        clock.enter(cpu);
        current = cpu;
        long now = clock.now();
        v.updateTime(now);
        v.setRunstate(RunstateInfo.RUNNING, now);
        try {
            if (last != v) {
                last = v;
                Segments.reload(v);
            }
            runVcpu(v, deadline);
        } catch (RuntimeException e) {
            v.domain.crash(v, "a defect of Xenolith: " + Defects.describe(e));
        } finally {
            GuestExits.endBatch(v);
            current = null;
            clock.leave(cpu);
            v.setRunstate(restingState(v), clock.now());
            runQueue.end(v.activity.runnable());
        }
    }

    private static int restingState(Vcpu v) {
        return !v.activity.online()
                ? RunstateInfo.OFFLINE
                : v.activity.waits() ? RunstateInfo.BLOCKED : RunstateInfo.RUNNABLE;
    }

    private void runVcpu(Vcpu v, long deadline) {
        Cpu cpu = v.cpu;
        long end = cpu.retired + SLICE;
        cpu.limit = limit(cpu, end, deadline);
        cpu.pauses = 0;
        int look = EXITS_A_LOOK;
        while (true) {
            exits.deliver(v);
            if (!v.activity.runnable()) {
                return;
            }
            exits.handle(v, engine.run(cpu));
            hypervisor.runHandlers();
            if (!v.activity.runnable() || v.yielded || cpu.pauses >= Cpu.SPINNING) {
                v.yielded = false;
                return;
            }
            if (timers.takeFirstChanged()) {
                cpu.limit = limit(cpu, end, deadline);
                look = 0;
            }
            if (cpu.retired >= cpu.limit || !posted.isEmpty()) {
                return;
            }
            look -= 1 + v.takeWork() / WORK_A_LOOK * EXITS_A_LOOK;
            if (look < 0 && !clock.counted()) {
                look = EXITS_A_LOOK;
                if (timers.first() <= clock.now()) {
                    return;
                }
            }
        }
    }

    /** Where the slice ends: in counted time exactly at the next deadline. */
    private long limit(Cpu cpu, long end, long deadline) {
        if (!clock.counted()) {
            return end;
        }
        long left = Math.min(timers.first(), deadline) - clock.now();
        return left <= 0 ? cpu.retired : Math.min(end, cpu.retired + left);
    }
}
