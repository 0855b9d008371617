package xenolith.hypervisor.host;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainListener;
import xenolith.hypervisor.control.FrameSnapshot;
import xenolith.hypervisor.control.ShutdownReason;
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
 * calls {@link #run}. All calls come from that thread, but for {@link #post} and {@link #call}.
 */
public final class Host implements AutoCloseable {
    /** Frames that the hypervisor takes for a domain itself, at most: tables, shared pages. */
    private static final int OWN_FRAMES = 16;

    private static final int OWN_FRAMES_A_VCPU = 2;

    private final Hypervisor hypervisor;
    private final Domain control;
    private final PhysicalCpu physicalCpu;
    private final ControlGrants grants = new ControlGrants();
    private final Map<Integer, DomainControl> domains = new TreeMap<>();
    private final List<DomainListener> listeners = new CopyOnWriteArrayList<>();
    private volatile boolean stopped;

    private Host(Hypervisor hypervisor) {
        this.hypervisor = hypervisor;
        this.control = Domain.createControl(hypervisor);
        this.physicalCpu = new PhysicalCpu(hypervisor);
        hypervisor.listen(this::changed);
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
    public DomainControl create(DomainConfig config) throws ControlException {
        long needed = OWN_FRAMES + (long) OWN_FRAMES_A_VCPU * config.vcpus();
        if (config.abi() == Abi.BITS32) {
            needed += hypervisor.xenTables.m2p32Needs();
        }
        if (hypervisor.frames.freeFrames() < needed) {
            throw new ControlException(
                    "No memory for domain "
                            + config.name()
                            + ": Xen itself needs "
                            + needed
                            + " frames for it, and "
                            + hypervisor.frames.freeFrames()
                            + " are free");
        }
        int domid = hypervisor.nextDomid();
        if (domid < 0) {
            throw new ControlException("No number is free for domain " + config.name());
        }
        Domain d = Domain.create(hypervisor, domid, config);
        DomainControl created = new ControlledDomain(d, control, physicalCpu, grants);
        domains.put(domid, created);
        changed(d, Domain.Change.STATE);
        return created;
    }

    /** All domains but domain 0, by number. On the host's thread. */
    public List<DomainControl> domains() {
        return List.copyOf(domains.values());
    }

    /** Whether there is a domain {@code domid}, domain 0 included. On the host's thread. */
    public boolean has(int domid) {
        return domid == 0 || domains.containsKey(domid);
    }

    /** Tells {@code listener} of the lives of domains from now on. From any thread. */
    public void listen(DomainListener listener) {
        listeners.add(listener);
    }

    /** A change of {@code d}, of which listeners hear when nobody is in the middle of it. */
    private void changed(Domain d, Domain.Change change) {
        int domid = d.domid();
        DomainControl known =
                change == Domain.Change.DESTROYED ? domains.remove(domid) : domains.get(domid);
        if (known == null || listeners.isEmpty()) {
            return;
        }
        ShutdownReason reason = d.shutdownReason().orElse(ShutdownReason.POWEROFF);
        post(() -> {
            for (DomainListener listener : listeners) {
                switch (change) {
                    case STATE -> listener.changed(known);
                    case SHUTDOWN -> listener.shutdown(known, reason);
                    case DESTROYED -> listener.destroyed(domid);
                }
            }
        });
    }

    /** Runs all domains until {@link #stop}, also while there are none. */
    public void run() {
        physicalCpu.run(() -> stopped, Long.MAX_VALUE);
    }

    /**
     * Runs {@code task} on the host's thread and waits for what it answers or throws: at once if
     * that is the caller, else between two exits of guests. Some thread must be in {@link #run}.
     *
     * @throws CancellationException if the host stopped before
     */
    public <T> T call(Callable<T> task) throws Exception {
        if (physicalCpu.isCaller()) {
            return task.call();
        }
        FutureTask<T> future = new FutureTask<>(task);
        post(future);
        try {
            while (true) {
                try {
                    return future.get(1, TimeUnit.SECONDS);
                } catch (TimeoutException e) {
                    if (stopped && future.cancel(false)) {
                        throw new CancellationException("the host has stopped");
                    }
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception thrown) {
                throw thrown;
            }
            throw e;
        }
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

    /** Frames of the machine. */
    public long totalFrames() {
        return hypervisor.memory.frames();
    }

    /** Frames that nobody has. */
    public long freeFrames() {
        return hypervisor.frames.freeSoon();
    }

    /** System time in nanoseconds. */
    public long now() {
        return hypervisor.clock.now();
    }

    /** The day's time as guests see it: nanoseconds since 1970, UTC. */
    public long dayNanos() {
        Clock.WallClock boot = hypervisor.clock.bootTime();
        return boot.seconds() * 1_000_000_000 + boot.nanoseconds() + hypervisor.clock.now();
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
        hypervisor.frames.finishReaping();
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

    /**
     * What the hypervisor tells of itself for {@code key} goes to its log; 'h' lists the keys. On
     * the host's thread.
     *
     * @return whether there is such a key
     */
    public boolean debugKey(char key) {
        return new DebugKeys(hypervisor, hypervisor.log::line).handle(key);
    }

    /**
     * What the processor can do, in the words and the order of Xen's first eight feature sets
     * (public/arch-x86/cpufeatureset.h), of which xl info shows them as hw_caps.
     */
    public int[] features() {
        int[] leaf1 = hypervisor.cpuid.leaf(1, 0, 0, 0);
        int[] extended1 = hypervisor.cpuid.leaf(0x8000_0001, 0, 0, 0);
        int[] leaf7 = hypervisor.cpuid.leaf(7, 0, 0, 0);
        int[] extended7 = hypervisor.cpuid.leaf(0x8000_0007, 0, 0, 0);
        return new int[] {
            leaf1[3], leaf1[2], extended1[3], extended1[2], 0, leaf7[1], leaf7[2], extended7[3]
        };
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
