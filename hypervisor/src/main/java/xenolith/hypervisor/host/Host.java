package xenolith.hypervisor.host;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.FrameSnapshot;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.log.HypervisorLog;
import xenolith.hypervisor.memory.FrameSurvey;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.paging.XenTables;
import xenolith.hypervisor.time.Clock;
import xenolith.hypervisor.time.CountedClock;
import xenolith.hypervisor.time.HostClock;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.cpu.Engine;
import xenolith.machine.memory.MachineMemory;

/**
 * A host: machine memory, the hypervisor, domain 0, and one physical CPU, which is whatever thread
 * calls {@link #run}. All calls come from that thread, but for {@link #post}.
 */
public final class Host implements AutoCloseable {
    private final Hypervisor hypervisor;
    private final Domain control;
    private final PhysicalCpu physicalCpu;
    private final ControlGrants grants = new ControlGrants();
    private volatile boolean stopped;

    private Host(Hypervisor hypervisor) {
        this.hypervisor = hypervisor;
        this.control = Domain.createControl(hypervisor);
        this.physicalCpu = new PhysicalCpu(hypervisor);
    }

    /** Starts a host whose processor is the engine that {@code engines} makes for its memory. */
    public static Host start(HostConfig config, Function<MachineMemory, Engine> engines) {
        MachineMemory memory = new MachineMemory(config.memoryBytes() / MachineMemory.FRAME_SIZE);
        HypervisorLog log = new HypervisorLog();
        FrameTable frames = new FrameTable(memory, config.seed(), log);
        Clock clock =
                config.time() == HostConfig.TimeMode.VIRTUAL
                        ? new CountedClock(config.bootSeconds())
                        : new HostClock();
        Trace trace = new Trace(config.trace(), config.traced());
        log.refusals()
                .listen(refusal -> {
                    if (trace.refusals()) {
                        trace.line("refused: " + refusal.line());
                    }
                });
        Engine engine = engines.apply(memory);
        XenTables tables = new XenTables(frames);
        return new Host(new Hypervisor(memory, frames, tables, engine, clock, log, trace));
    }

    /** Domains made from now on have the batched form of writable page tables. */
    public void batchPageTables() {
        hypervisor.batchedPageTables = true;
    }

    /** Creates a domain; it needs memory and a start state before it can run. */
    public DomainControl create(DomainConfig config) {
        return new ControlledDomain(
                Domain.create(hypervisor, config), control, physicalCpu, grants);
    }

    /** Runs all domains until {@code domain} has shut down. */
    public void run(DomainControl domain) {
        physicalCpu.run(() -> stopped || domain.shutdown().isPresent(), Long.MAX_VALUE);
    }

    /**
     * Runs all domains until {@code domain} has shut down or system time {@code deadline} (ns) is
     * reached.
     *
     * @return whether the domain has shut down
     */
    public boolean run(DomainControl domain, long deadline) {
        physicalCpu.run(() -> stopped || domain.shutdown().isPresent(), deadline);
        return domain.shutdown().isPresent();
    }

    /** Runs {@code task} on the host's thread soon, from any thread, waking it if it is idle. */
    public void post(Runnable task) {
        physicalCpu.post(task);
    }

    /** Makes {@link #run} return soon, now and ever after; from any thread. */
    public void stop() {
        stopped = true;
        post(() -> {});
    }

    /** System time in nanoseconds. */
    public long now() {
        return hypervisor.clock.now();
    }

    /**
     * Recomputes what the hypervisor keeps of frames, page tables and event channels and compares:
     * all differences, one sentence each. On the host's thread.
     */
    public List<String> audit() {
        return new Audit(hypervisor, grants).differences();
    }

    /** All frames of the machine and who maps them. On the host's thread. */
    public FrameSnapshot frames() {
        return FrameSurvey.of(hypervisor.frames);
    }

    /**
     * Audits after each {@code n}-th hypercall from now on; 0 for never. A difference crashes the
     * domain that made the call, as a defect of ours. For tests: an audit looks at all memory.
     */
    public void auditEvery(int n) {
        int[] calls = {0};
        physicalCpu.afterHypercalls(v -> {
            if (n > 0 && ++calls[0] % n == 0) {
                List<String> differences = audit();
                if (!differences.isEmpty()) {
                    throw new IllegalStateException(
                            "the audit found " + String.join("; ", differences));
                }
            }
        });
    }

    /** What the processor's engine has to say of its work, in one line, or nothing. */
    public String engineStatistics() {
        return hypervisor.engine.statistics();
    }

    /** The hypervisor's log. */
    public HypervisorLog log() {
        return hypervisor.log;
    }

    /** The trace, to switch categories. */
    public Trace trace() {
        return hypervisor.trace;
    }

    /** Sets who names guest addresses in crash reports (null for an address without a name). */
    public void setSymbols(LongFunction<@Nullable String> symbols) {
        hypervisor.setSymbols(symbols);
    }

    /** What all domains share. */
    Hypervisor hypervisor() {
        return hypervisor;
    }

    /** Frees the machine's memory; nothing may be used afterwards. */
    @Override
    public void close() {
        hypervisor.memory.close();
    }
}
