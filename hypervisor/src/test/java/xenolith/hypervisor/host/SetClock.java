package xenolith.hypervisor.host;

import xenolith.hypervisor.time.Clock;

/** Time passes where the test says so only. */
final class SetClock implements Clock {
    /** Nanoseconds since the host began. */
    long now;

    @Override
    public long now() {
        return now;
    }

    @Override
    public WallClock bootTime() {
        return new WallClock(0, 0);
    }

    @Override
    public boolean counted() {
        return false;
    }
}
