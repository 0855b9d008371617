package xenolith.hypervisor.host;

import java.util.List;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.log.HypervisorLog;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.Recount;
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

    /** Creates a domain; it needs memory and a start state before it can run. */
    public DomainControl create(DomainConfig config) {
        return new ControlledDomain(Domain.create(hypervisor, config), control, physicalCpu);
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
     * Counts the references to all frames from scratch and compares: what differs from the counts
     * that are kept, one sentence each. On the host's thread, while domain 0 has no grant mapped.
     */
    public List<String> recount() {
        return Recount.differences(hypervisor.frames, this::vcpuInfoPages);
    }

    /** Where a vCPU's vcpu_info was placed, the page is held until the domain dies. */
    private void vcpuInfoPages(Recount.Visitor visitor) {
        for (Domain d : hypervisor.domains()) {
            for (Vcpu v : d.vcpus()) {
                if (v.vcpuInfoPlaced()) {
                    visitor.reference(v.vcpuInfo() >>> MachineMemory.FRAME_SHIFT, true);
                }
            }
        }
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
