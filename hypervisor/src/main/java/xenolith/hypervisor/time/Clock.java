package xenolith.hypervisor.time;

import xenolith.machine.cpu.Cpu;

/** System time: nanoseconds since the host started, never going back; also what RDTSC reads. */
public interface Clock {
    /** System time now, in nanoseconds. */
    long now();

    /** Seconds and nanoseconds of the day's time (UTC, since 1970) at system time 0. */
    WallClock bootTime();

    /** {@code cpu} begins to run guest code. */
    default void enter(Cpu cpu) {}

    /** {@code cpu} has stopped running guest code. */
    default void leave(Cpu cpu) {}

    /** Whether time is counted in instructions. */
    boolean counted();

    /** Lets counted time jump to {@code deadline}; nothing where time is the host's. */
    default void jumpTo(long deadline) {}

    /** A moment as seconds and nanoseconds since 1970, UTC. */
    record WallClock(long seconds, int nanoseconds) {}
}
