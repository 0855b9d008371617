package xenolith.toolstack.xl;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import xenolith.hypervisor.host.HostConfig;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.engine.EngineKind;

/**
 * What a host is started with.
 *
 * @param memoryMib memory for guests, MiB; what the hypervisor needs for itself comes on top
 * @param seed shuffles machine frames
 * @param time by which clock domains run
 * @param engine runs the guests' code
 * @param traces what is traced to {@code lines}
 * @param batchedPageTables the historical form of writable page tables
 * @param lines takes the lines of the trace and, where there is a trace, the hypervisor's log
 */
public record HostSettings(
        long memoryMib,
        long seed,
        HostConfig.TimeMode time,
        EngineKind engine,
        Set<Trace.Category> traces,
        boolean batchedPageTables,
        Consumer<String> lines) {
    public HostSettings {
        EnumSet<Trace.Category> copy = EnumSet.noneOf(Trace.Category.class);
        copy.addAll(traces);
        traces = java.util.Collections.unmodifiableSet(copy);
    }

    /** The host's clock, the standard engine, no trace. */
    public static HostSettings of(long memoryMib, long seed) {
        return new HostSettings(
                memoryMib,
                seed,
                HostConfig.TimeMode.HOST,
                EngineKind.standard(),
                Set.of(),
                false,
                line -> {});
    }

    /** Whether time is counted, so that a run can be repeated. */
    public boolean counted() {
        return time == HostConfig.TimeMode.VIRTUAL;
    }
}
