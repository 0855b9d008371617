package xenolith.cli;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import xenolith.hypervisor.host.HostConfig;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.xl.HostSettings;

/** Options about the host, shared by the commands that run guests. */
final class MachineOptions {
    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Shuffles the host's memory; a guest must behave the same under every seed."
                            + " Chosen at random if not given, and shown in the first line.")
    private @Nullable Long seed;

    @Option(
            names = "--time",
            paramLabel = "host|virtual",
            description =
                    "How time passes for the guest: by the host's clock, or by counted"
                            + " instructions, so that a run repeats exactly.")
    private HostConfig.TimeMode time = HostConfig.TimeMode.HOST;

    @Option(
            names = "--engine",
            paramLabel = "interpreter|translator|both",
            description =
                    "What runs the guest's code; the results are the same in every bit."
                            + " 'both' runs all code twice and stops at the first difference"
                            + " with a file that says all (default: ${DEFAULT-VALUE}).")
    private EngineKind engine = EngineKind.standard();

    @Option(
            names = "--trace",
            split = ",",
            paramLabel = "KIND",
            description =
                    "Tells on stderr what the guest does: hypercall, trap, event, mmu, sched,"
                            + " refusals.")
    private List<Trace.Category> traces = List.of();

    /** Forms of writable page tables. */
    enum PageTableForm {
        EMULATED,
        BATCHED
    }

    @Option(
            names = "--writable-page-tables",
            paramLabel = "emulated|batched",
            description =
                    "How a guest's stores to its page tables are taken: one by one, as today's Xen"
                            + " does, or a table at a time, as Xen 2 and 3.0 did.")
    private PageTableForm writablePageTables = PageTableForm.EMULATED;

    /**
     * The settings of a host with {@code memoryMib} for guests, checked against this machine; its
     * traces go to {@code lines}.
     */
    HostSettings settings(long memoryMib, Consumer<String> lines) throws ToolException {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os) {
            long hostMib = os.getTotalMemorySize() >> 20;
            if (memoryMib > hostMib) {
                throw new ToolException(
                        "The guest wants "
                                + memoryMib
                                + " MiB of memory, but this machine has only "
                                + hostMib
                                + " MiB; say less by --memory or in the configuration.");
            }
        }
        long chosen = seed == null ? System.nanoTime() & 0x7fff_ffff : seed;
        Set<Trace.Category> kinds = EnumSet.noneOf(Trace.Category.class);
        kinds.addAll(traces);
        boolean batched = writablePageTables == PageTableForm.BATCHED;
        return new HostSettings(memoryMib, chosen, time, engine, kinds, batched, lines);
    }
}
