package xenolith.hypervisor.host;

import java.util.Set;
import java.util.function.Consumer;
import xenolith.hypervisor.trace.Trace;

/**
 * What a host is started with.
 *
 * @param memoryBytes machine memory, a multiple of 4096
 * @param seed order in which frames are handed out
 * @param time by which clock domains run
 * @param bootSeconds the day's time at system time 0 in counted time, seconds since 1970 UTC
 * @param traced categories that are traced
 * @param trace takes the lines of the trace
 */
public record HostConfig(
        long memoryBytes,
        long seed,
        TimeMode time,
        long bootSeconds,
        Set<Trace.Category> traced,
        Consumer<String> trace) {
    /** By which clock domains run. */
    public enum TimeMode {
        /** The host's clock. */
        HOST,
        /** Counted instructions, one nanosecond each: a run can be repeated exactly. */
        VIRTUAL
    }

    /** A host without trace; counted time begins with 2026. */
    public static HostConfig of(long memoryBytes, long seed, TimeMode time) {
        return new HostConfig(memoryBytes, seed, time, 1_767_225_600L, Set.of(), line -> {});
    }

    /** The same with a trace. */
    public HostConfig traced(Set<Trace.Category> categories, Consumer<String> sink) {
        return new HostConfig(memoryBytes, seed, time, bootSeconds, categories, sink);
    }
}
