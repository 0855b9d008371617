package xenolith.toolstack.xl;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainListener;
import xenolith.hypervisor.control.FrameSnapshot;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.xenstore.InitialTree;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xenstore.XenstoreSocket;

/**
 * A host with its domains, on a thread of its own, from {@link #start} to {@link #close}:
 *
 * <pre>{@code
 * try (var host = Host.start(HostSettings.of(1024, 1), List.of());
 *         var domain = host.create(spec, files, false)) {
 *     domain.end().join();
 * }
 * }</pre>
 *
 * <p>Methods may be called from any thread, also from listeners on the host's own.
 */
public final class Host implements AutoCloseable {
    private final xenolith.hypervisor.host.Host machine;
    private final HostThread thread;
    private final HostSettings settings;
    private final List<DeviceKind> kinds;
    private final Store store;
    private final List<XenstoreSocket> sockets = new CopyOnWriteArrayList<>();
    private final List<DomainEvent.Listener> listeners = new CopyOnWriteArrayList<>();
    private final Background background;
    private final long startNanos = System.nanoTime();

    private final DomainList domains = new DomainList();

    private Host(
            xenolith.hypervisor.host.Host machine, HostSettings settings, List<DeviceKind> kinds) {
        this.machine = machine;
        this.settings = settings;
        this.kinds = List.copyOf(kinds);
        this.thread = new HostThread(machine);
        this.background = new Background(settings.counted(), machine::post);
        this.store = new Store(new HostStore(machine));
        InitialTree.writeHost(store);
        machine.listen(new Deaths());
    }

    /** Starts a host whose domains can have devices of {@code kinds}. */
    public static Host start(HostSettings settings, List<DeviceKind> kinds) {
        Host host = new Host(MachineStart.start(settings), settings, kinds);
        host.thread.start();
        return host;
    }

    /**
     * Creates a domain and lets it run unless {@code paused}. It needs {@code files} until its
     * {@link GuestDomain#end}; its maker closes them then.
     *
     * @throws ToolException the description or a device cannot be; ControlException: no memory, or
     *     the name is taken. Then nothing of the domain is left.
     */
    public GuestDomain create(DomainSpec spec, BootFiles files, boolean paused)
            throws ToolException, ControlException {
        List<DomainDevice> devices = new ArrayList<>();
        boolean created = false;
        GuestDomain domain = null;
        try {
            domains.refuseTaken(spec.name());
            for (DeviceKind kind : kinds) {
                devices.addAll(kind.open(spec));
            }
            GuestDomain made = new GuestDomain(this, spec, files, devices);
            domain = made;
            domains.enter(made);
            call(() -> {
                made.build(paused);
                return true;
            });
            created = true;
            return made;
        } finally {
            if (!created) {
                if (domain != null) {
                    forget(domain);
                }
                devices.forEach(d -> guard("The back end of " + spec.name(), d::close));
            }
        }
    }

    /** Takes {@code domain} out of the list; answers whether it was there. */
    boolean forget(GuestDomain domain) {
        return domains.forget(domain);
    }

    /** All domains, in order of creation. */
    public List<GuestDomain> domains() {
        return domains.all();
    }

    /** The domain with this name, or with this number. */
    public Optional<GuestDomain> domain(String nameOrDomid) {
        return domains.find(nameOrDomid);
    }

    /** Calls {@code domain} {@code name} from now on. */
    public void rename(GuestDomain domain, String name) throws ToolException, ControlException {
        call(() -> {
            int domid = domain.alive().control().domid();
            domains.rename(domain, name);
            store.write("/local/domain/" + domid + "/name", name);
            store.write("/vm/" + domain.spec().uuid() + "/name", name);
            tell(new DomainEvent(DomainEvent.Kind.RENAMED, name, domid, Optional.empty()));
            return true;
        });
    }

    /** Tells {@code listener} of all domains from now on. */
    public void listen(DomainEvent.Listener listener) {
        listeners.add(listener);
    }

    /** Ends {@link #listen(DomainEvent.Listener)}. */
    public void unlisten(DomainEvent.Listener listener) {
        listeners.remove(listener);
    }

    /** What it was started with. */
    public HostSettings settings() {
        return settings;
    }

    /** The kinds of devices it has. */
    public List<DeviceKind> kinds() {
        return kinds;
    }

    /** Since when it runs, by {@link System#nanoTime}. */
    public long startNanos() {
        return startNanos;
    }

    /** What an audit of all memory finds; none is good. */
    public List<String> audit() throws ToolException, ControlException {
        return call(machine::audit);
    }

    /** Audits after each {@code n}-th hypercall from now on; a difference crashes the guest. */
    public void auditEvery(int n) {
        run(() -> machine.auditEvery(n));
    }

    /** All frames and who maps them. */
    public FrameSnapshot frames() throws ToolException, ControlException {
        return call(machine::frames);
    }

    /** Machine memory, MiB. */
    public long totalMib() {
        return machine.totalFrames() >> 8;
    }

    /** Machine memory that nobody has, MiB. */
    public long freeMib() throws ToolException, ControlException {
        return call(() -> machine.freeFrames() >> 8);
    }

    /** Names guest addresses in reports. */
    public void symbols(LongFunction<@Nullable String> names) {
        run(() -> machine.setSymbols(names));
    }

    /** What the engine has to say of its work, in one line, or nothing. */
    public String engineStatistics() {
        return machine.engineStatistics();
    }

    /** The hypervisor's messages and refusals, oldest first. */
    public List<String> messages() {
        return machine.log().lines();
    }

    /** Forgets {@link #messages}. */
    public void clearMessages() {
        machine.log().clear();
    }

    /** Adds {@code line} to {@link #messages}: what back ends have to say. From any thread. */
    public void log(String line) {
        machine.log().line(line);
    }

    /**
     * What the hypervisor tells of itself for {@code key} goes to {@link #messages}.
     *
     * @return whether there is such a key
     */
    public boolean debugKey(char key) throws ToolException, ControlException {
        return call(() -> machine.debugKey(key));
    }

    /** The processor's features as xl info's hw_caps shows them, see the hypervisor's host. */
    public int[] features() {
        return machine.features();
    }

    /** Processor time that guests and what the host does for them took, in nanoseconds. */
    public long guestNanos() {
        return thread.nanos();
    }

    /** Work that has an answer. */
    @FunctionalInterface
    public interface Work<A, T extends @Nullable Object> {
        /** Does it with {@code subject}. */
        T with(A subject) throws ToolException, ControlException;
    }

    /** The store; on the host's thread only. */
    public Store store() {
        return store;
    }

    /**
     * Opens the store to libxenstore and Debian's {@code xenstore-*} tools at {@code path}, until
     * the host ends; see {@link XenstoreSocket}.
     *
     * @throws ToolException if the socket cannot be there
     */
    public void openXenstore(Path path) throws ToolException {
        sockets.add(XenstoreSocket.open(path, store, machine::post));
    }

    /** Runs {@code task} on the host's thread and waits for its answer. */
    public <T extends @Nullable Object> T call(Callable<T> task)
            throws ToolException, ControlException {
        return thread.call(task);
    }

    /** Runs {@code task} on the host's thread and waits until it is done. */
    public void run(Runnable task) {
        thread.run(task);
    }

    /** Ends all domains and the host. */
    @Override
    public void close() {
        sockets.forEach(XenstoreSocket::close);
        run(() -> domains().forEach(d -> d.over(Optional.empty())));
        background.close();
        thread.end();
        kinds.forEach(DeviceKind::close);
        machine.close();
    }

    // ---- for the domains ---------------------------------------------------------------------

    xenolith.hypervisor.host.Host machine() {
        return machine;
    }

    Executor workers() {
        return background;
    }

    DomainSite.Alarms alarms() {
        return background;
    }

    /** Where core files of crashed domains go: below the user's folder for states. */
    Path dumps() {
        String state = System.getenv("XDG_STATE_HOME");
        Path folder =
                state == null || state.isEmpty()
                        ? Path.of(System.getProperty("user.home"), ".local", "state")
                        : Path.of(state);
        return folder.resolve("xenolith").resolve("dump");
    }

    void tell(DomainEvent event) {
        for (DomainEvent.Listener listener : listeners) {
            guard("A listener", () -> listener.happened(event));
        }
    }

    /** Runs {@code step}, whose failure must not stop others. */
    void guard(String who, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            log(who + " failed, a defect of Xenolith: " + e);
        }
    }

    /** Keeps {@code life}, which has shut down, under another name. */
    void preserveRenamed(GuestDomain domain, Life life) {
        life.dropDevices();
        for (int number = 1; ; number++) {
            GuestDomain corpse = new GuestDomain(this, domain.renamed(number), null, List.of());
            try {
                domains.enter(corpse);
            } catch (ControlException e) {
                continue; // the name is taken by an older one
            }
            corpse.adopt(life);
            int domid = life.control().domid();
            store.write("/local/domain/" + domid + "/name", corpse.name());
            return;
        }
    }

    private final class Deaths implements DomainListener {
        @Override
        public void shutdown(DomainControl control, ShutdownReason reason) {
            store.shutDown(control.domid());
            for (GuestDomain d : domains()) {
                if (d.life().filter(l -> l.control().domid() == control.domid()).isPresent()) {
                    d.shutDown(reason);
                    return;
                }
            }
        }
    }
}
