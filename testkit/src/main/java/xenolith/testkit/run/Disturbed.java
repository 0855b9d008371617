package xenolith.testkit.run;

import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;

/**
 * An engine that is kept from its work: runs end after any number of instructions, the processor is
 * kicked before a run, before a captured store and, by a thread of its own, at any other moment,
 * and other virtual processors get their turns in between. None of this may change what a guest
 * sees.
 */
final class Disturbed implements Engine, AutoCloseable {
    /** Instructions after which a run may be made to end, at most. */
    private static final int SHORT = 40;

    private static final int LONG = 4000;

    /** Pauses of the thread that kicks, in ns, at most. */
    private static final int PAUSE = 200_000;

    private final Engine engine;
    private final SplittableRandom random;
    private final Thread kicker;
    private volatile @Nullable Cpu running;
    private volatile boolean closed;
    private Runnable preempt = () -> {};

    /** Disturbs {@code engine} in ways that {@code seed} chooses, but for the thread's. */
    Disturbed(Engine engine, long seed) {
        this.engine = engine;
        this.random = new SplittableRandom(seed);
        SplittableRandom own = random.split();
        kicker = Thread.ofPlatform().daemon().name("kicker").start(() -> kickAtAnyMoment(own));
    }

    /** Sets what takes the physical processor away from the virtual one that runs. */
    void preemptBy(Runnable action) {
        preempt = action;
    }

    private void kickAtAnyMoment(SplittableRandom own) {
        while (!closed) {
            LockSupport.parkNanos(own.nextInt(PAUSE));
            Cpu cpu = running;
            if (cpu != null) {
                cpu.kick();
            }
        }
    }

    @Override
    public Exit run(Cpu cpu) {
        long limit = cpu.limit;
        running = cpu;
        switch (random.nextInt(8)) {
            case 0 -> cpu.kick();
            case 1 -> preempt.run();
            case 2 -> cpu.limit = Math.min(limit, cpu.retired + 1);
            case 3, 4 -> cpu.limit = Math.min(limit, cpu.retired + 1 + random.nextInt(SHORT));
            case 5 -> cpu.limit = Math.min(limit, cpu.retired + 1 + random.nextInt(LONG));
            default -> {}
        }
        try {
            return engine.run(cpu);
        } finally {
            cpu.limit = limit;
            running = null;
        }
    }

    @Override
    public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
        running = cpu;
        if (random.nextBoolean()) {
            cpu.kick();
        }
        try {
            return engine.captureStore(cpu, vaddr);
        } finally {
            running = null;
        }
    }

    @Override
    public void forget(Cpu cpu) {
        engine.forget(cpu);
    }

    /** Ends the thread. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(kicker);
    }
}
