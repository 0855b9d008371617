package xenolith.hypervisor.time;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;

/**
 * System time counted in instructions, one nanosecond each, over all virtual CPUs; it jumps where
 * all are idle. The same run gives the same times.
 */
public final class CountedClock implements Clock {
    private final WallClock bootTime;

    /** Time up to the current entry of {@link #running}. */
    private long elapsed;

    private @Nullable Cpu running;
    private long retiredAtEntry;

    /** A clock at 0 whose day's time there is {@code bootSeconds} after 1970, UTC. */
    public CountedClock(long bootSeconds) {
        this.bootTime = new WallClock(bootSeconds, 0);
    }

    @Override
    public long now() {
        Cpu cpu = running;
        return cpu == null ? elapsed : elapsed + (cpu.retired - retiredAtEntry);
    }

    @Override
    public WallClock bootTime() {
        return bootTime;
    }

    @Override
    public void enter(Cpu cpu) {
        running = cpu;
        retiredAtEntry = cpu.retired;
    }

    @Override
    public void leave(Cpu cpu) {
        elapsed = now();
        running = null;
    }

    @Override
    public boolean counted() {
        return true;
    }

    @Override
    public void jumpTo(long deadline) {
        elapsed = Math.max(elapsed, deadline);
    }
}
