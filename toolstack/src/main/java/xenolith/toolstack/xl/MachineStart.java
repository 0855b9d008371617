package xenolith.toolstack.xl;

import java.util.EnumSet;
import java.util.Set;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.hypervisor.trace.Trace;

/** Starts the machine and the hypervisor of a host. */
final class MachineStart {
    /** Machine memory beyond the guests': shared pages, grant frames, the table of frames. */
    private static final long EXTRA_MIB = 16;

    /** The machine-to-physical table has 8 bytes for each page of 4096: a part in 512. */
    private static final int TABLE_PART = 256;

    private MachineStart() {}

    static Host start(HostSettings settings) {
        long mib = settings.memoryMib() + EXTRA_MIB + settings.memoryMib() / TABLE_PART;
        Set<Trace.Category> traces = EnumSet.noneOf(Trace.Category.class);
        traces.addAll(settings.traces());
        HostConfig config =
                HostConfig.of(mib << 20, settings.seed(), settings.time())
                        .traced(traces, settings.lines());
        Host host = Host.start(config, settings.engine()::on);
        if (settings.batchedPageTables()) {
            host.batchPageTables();
        }
        if (!traces.isEmpty()) {
            host.log().listen(settings.lines());
        }
        return host;
    }
}
