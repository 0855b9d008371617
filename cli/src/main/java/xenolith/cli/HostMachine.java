package xenolith.cli;

import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.FrameSnapshot;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.engine.EngineKind;

/** A host in this process, for one guest at a time. */
final class HostMachine implements AutoCloseable {
    /** Machine memory beyond the guest's: shared pages, grant frames, the table of frames. */
    private static final long EXTRA_MIB = 16;

    /** The machine-to-physical table has 8 bytes for each page of 4096: a part in 512. */
    private static final int TABLE_PART = 256;

    private final Host host;
    private final ScheduledExecutorService timer = timer();

    private HostMachine(Host host) {
        this.host = host;
    }

    /**
     * What a host is made with.
     *
     * @param memoryMib memory for guests
     * @param seed shuffles machine frames
     * @param engine runs the guest's code
     * @param batchedPageTables the historical form of writable page tables
     */
    record Options(
            long memoryMib,
            long seed,
            HostConfig.TimeMode time,
            EngineKind engine,
            Set<Trace.Category> traces,
            boolean batchedPageTables) {}

    /** Starts a host; traces and, with them, the hypervisor's log go to {@code err}. */
    static HostMachine start(Options options, PrintWriter err) {
        long mib = options.memoryMib() + EXTRA_MIB + options.memoryMib() / TABLE_PART;
        Set<Trace.Category> traces = EnumSet.noneOf(Trace.Category.class);
        traces.addAll(options.traces());
        HostConfig config =
                HostConfig.of(mib << 20, options.seed(), options.time())
                        .traced(traces, err::println);
        Host host = Host.start(config, options.engine()::on);
        if (options.batchedPageTables()) {
            host.batchPageTables();
        }
        if (!traces.isEmpty()) {
            host.log().listen(err::println);
        }
        return new HostMachine(host);
    }

    private static ScheduledExecutorService timer() {
        return new ScheduledThreadPoolExecutor(
                1,
                task -> {
                    Thread thread = new Thread(task, "timeout");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** Makes a new domain without memory. */
    DomainControl create(DomainConfig config) throws ControlException {
        return host.create(config);
    }

    /**
     * Runs {@code domain} on the calling thread until it shuts down, {@link #stop} is called, or
     * {@code deadlineNanos} of {@link System#nanoTime} is past (null: never).
     */
    void run(DomainControl domain, @Nullable Long deadlineNanos) {
        if (deadlineNanos == null) {
            host.run(domain);
            return;
        }
        var stop =
                timer.schedule(
                        this::stop,
                        Math.max(0, deadlineNanos - System.nanoTime()),
                        TimeUnit.NANOSECONDS);
        host.run(domain);
        stop.cancel(false);
    }

    /** Makes {@link #run} return soon, for good. From any thread. */
    void stop() {
        host.stop();
    }

    /** Runs {@code task} on the thread of {@link #run} soon. From any thread. */
    void post(Runnable task) {
        host.post(task);
    }

    /** What the audit finds; see {@link Host#audit}. */
    List<String> audit() {
        return host.audit();
    }

    /** All frames and who maps them. On the thread of {@link #run}. */
    FrameSnapshot frames() {
        return host.frames();
    }

    /** Audits after each {@code n}-th hypercall; see {@link Host#auditEvery}. */
    void auditEvery(int n) {
        host.auditEvery(n);
    }

    /** Names guest addresses in reports. */
    void symbols(Symbols symbols) {
        host.setSymbols(symbols::name);
    }

    /** What the engine has to say of its work, in one line, or nothing. */
    String engineStatistics() {
        return host.engineStatistics();
    }

    /** What the hypervisor logged, oldest first. */
    List<String> log() {
        return host.log().lines();
    }

    @Override
    public void close() {
        timer.shutdownNow();
        host.close();
    }
}
