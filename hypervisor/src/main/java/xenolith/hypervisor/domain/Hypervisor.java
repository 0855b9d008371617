package xenolith.hypervisor.domain;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Domid;
import xenolith.hypervisor.event.EventChannels;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.log.HypervisorLog;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.paging.XenTables;
import xenolith.hypervisor.sched.RunQueue;
import xenolith.hypervisor.sched.TimerQueue;
import xenolith.hypervisor.time.Clock;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.cpu.Engine;
import xenolith.machine.memory.MachineMemory;

/** What all domains of a host share. */
public final class Hypervisor {
    public final MachineMemory memory;
    public final FrameTable frames;
    public final XenTables xenTables;
    public final Engine engine;
    public final Clock clock;
    public final HypervisorLog log;
    public final Trace trace;
    public final CpuidPolicy cpuid;
    private final Map<Integer, Domain> domains = new TreeMap<>();

    /** What {@link #domains()} returns; replaced as a whole. */
    private List<Domain> list = List.of();

    private final Deque<Runnable> handlers = new ArrayDeque<>();
    private LongFunction<@Nullable String> symbols = address -> null;
    private int lastDomid;

    /** The timers of all domains. */
    public final TimerQueue timers = new TimerQueue();

    /** The vCPUs that wait for the physical CPU. */
    public final RunQueue<Vcpu> runQueue = new RunQueue<>();

    private BiConsumer<Domain, Domain.Change> changes = (d, change) -> {};

    public Hypervisor(
            MachineMemory memory,
            FrameTable frames,
            XenTables xenTables,
            Engine engine,
            Clock clock,
            HypervisorLog log,
            Trace trace) {
        this.memory = memory;
        this.frames = frames;
        this.xenTables = xenTables;
        this.engine = engine;
        this.clock = clock;
        this.log = log;
        this.trace = trace;
        this.cpuid = new CpuidPolicy(memory.frames() - 1);
    }

    /** Whether domains made from now on have the batched form of writable page tables. */
    public boolean batchedPageTables;

    /** The domain with number {@code domid}, or null. */
    public @Nullable Domain domain(int domid) {
        return domains.get(domid);
    }

    /** The event channels of domain {@code domid}, or null. */
    public @Nullable EventChannels channels(int domid) {
        Domain d = domains.get(domid);
        return d == null ? null : d.events;
    }

    /** The grant table of domain {@code domid}, or null. */
    public @Nullable GrantTable grantTable(int domid) {
        Domain d = domains.get(domid);
        return d == null ? null : d.grants;
    }

    /** All domains now, by number. */
    public List<Domain> domains() {
        return list;
    }

    /** The next number nobody has, in a circle; -1 if there is none. */
    public int nextDomid() {
        for (int i = 0; i < Domid.FIRST_RESERVED; i++) {
            lastDomid = lastDomid + 1 == Domid.FIRST_RESERVED ? 1 : lastDomid + 1;
            // One that is gone has its number for as long as others hold its pages.
            if (!domains.containsKey(lastDomid) && !frames.knows(lastDomid)) {
                return lastDomid;
            }
        }
        return -1;
    }

    /** Sets who is told of changes of domains, at once: whoever caused one is still at it. */
    public void listen(BiConsumer<Domain, Domain.Change> listener) {
        changes = listener;
    }

    void domainChanged(Domain d, Domain.Change change) {
        changes.accept(d, change);
    }

    /** Enters {@code d} in the table. */
    public void add(Domain d) {
        domains.put(d.domid(), d);
        list = List.copyOf(domains.values());
        domainChanged(d, Domain.Change.STATE);
    }

    /** Takes {@code d} out of the table. */
    public void remove(Domain d) {
        domains.remove(d.domid());
        list = List.copyOf(domains.values());
        domainChanged(d, Domain.Change.DESTROYED);
    }

    /** Runs {@code handler} on the host's thread once the current guest exit is done. */
    public void queue(Runnable handler) {
        handlers.addLast(handler);
    }

    /** Runs what {@link #queue} took, also what that queues. */
    public void runHandlers() {
        Runnable handler;
        while ((handler = handlers.pollFirst()) != null) {
            handler.run();
        }
    }

    /** Sets who names guest addresses in crash reports. */
    public void setSymbols(LongFunction<@Nullable String> names) {
        symbols = names;
    }

    /** The name of guest address {@code address} with a leading blank, or nothing. */
    public String symbol(long address) {
        String name = symbols.apply(address);
        return name == null ? "" : " " + name;
    }
}
