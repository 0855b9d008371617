package xenolith.hypervisor.time;

import java.time.Instant;

/** System time by the host's monotonic clock. */
public final class HostClock implements Clock {
    private final long start = System.nanoTime();
    private final WallClock bootTime;

    public HostClock() {
        Instant now = Instant.now();
        bootTime = new WallClock(now.getEpochSecond(), now.getNano());
    }

    @Override
    public long now() {
        return System.nanoTime() - start;
    }

    @Override
    public WallClock bootTime() {
        return bootTime;
    }

    @Override
    public boolean counted() {
        return false;
    }
}
