package xenolith.toolstack.xl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Action;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.device.DomainDevice;

/**
 * A domain of a host, through its reboots. Methods may be called from any thread; they wait until
 * the host's thread has done the work. Those of a domain that is gone throw {@link
 * ControlException}, but for {@link #destroy}, which then does nothing.
 */
public final class GuestDomain implements AutoCloseable {
    private final Host host;
    private final DomainConsole console = new DomainConsole();
    private final CompletableFuture<DomainEnd> end = new CompletableFuture<>();
    private final List<DomainDevice> devices;
    private volatile @Nullable BootFiles files;
    private volatile DomainSpec spec;
    private volatile @Nullable Life life;

    GuestDomain(Host host, DomainSpec spec, @Nullable BootFiles files, List<DomainDevice> devices) {
        this.host = host;
        this.spec = spec;
        this.files = files;
        this.devices = new ArrayList<>(devices);
    }

    /** Its name, which {@link Host#rename} may change. */
    public String name() {
        return spec.name();
    }

    /** What it is made from. */
    public DomainSpec spec() {
        return spec;
    }

    void setSpec(DomainSpec newSpec) {
        spec = newSpec;
    }

    /** Number of its present life, or -1 if it is gone. */
    public int domid() {
        Life l = life;
        return l == null ? -1 : l.control().domid();
    }

    /** Its console. */
    public DomainConsole console() {
        return console;
    }

    /**
     * Completed when the domain has come to its end: it is gone for good, or, if so configured, is
     * preserved dead. Exceptionally if it could not be built again.
     */
    public CompletableFuture<DomainEnd> end() {
        return end;
    }

    /** Does {@code work} with the domain on the host's thread. */
    public <T extends @Nullable Object> T call(Host.Work<DomainControl, T> work)
            throws ToolException, ControlException {
        return host.call(() -> work.with(alive().control()));
    }

    /** Lets its vCPUs run. */
    public void unpause() throws ToolException, ControlException {
        setPaused(false);
    }

    /** Stops its vCPUs. */
    public void pause() throws ToolException, ControlException {
        setPaused(true);
    }

    private void setPaused(boolean paused) throws ToolException, ControlException {
        host.call(() -> {
            alive().control().setPaused(paused);
            tell(paused ? DomainEvent.Kind.PAUSED : DomainEvent.Kind.UNPAUSED, Optional.empty());
            return true;
        });
    }

    /** Asks the guest to power off; it may need a while, or not hear it. */
    public void shutdown() throws ToolException, ControlException {
        ask("poweroff");
    }

    /** Asks the guest to reboot. */
    public void reboot() throws ToolException, ControlException {
        ask("reboot");
    }

    private void ask(String what) throws ToolException, ControlException {
        host.call(() -> {
            DomainControl control = alive().control();
            if (control.shutdown().isPresent()) {
                throw new ControlException("Domain " + name() + " has shut down already.");
            }
            host.store().write("/local/domain/" + control.domid() + "/control/shutdown", what);
            return true;
        });
    }

    /** Ends it now and for good. */
    public void destroy() {
        host.run(() -> over(Optional.empty()));
    }

    /** As {@link #destroy}. */
    @Override
    public void close() {
        destroy();
    }

    /** Adds a device while it lives. */
    public void attach(DomainDevice device) throws ToolException, ControlException {
        host.call(() -> {
            alive().attach(device);
            devices.add(device);
            return true;
        });
    }

    /** Takes {@code device} away; the future is completed when the front end has let go. */
    public CompletableFuture<Boolean> detach(DomainDevice device, boolean force)
            throws ToolException, ControlException {
        return host.call(() -> {
            CompletableFuture<Boolean> gone = new CompletableFuture<>();
            alive().detach(
                            device,
                            force,
                            () -> {
                                devices.remove(device);
                                device.close();
                                gone.complete(true);
                            });
            return gone;
        });
    }

    /** Its devices now. */
    public List<DomainDevice> devices() throws ToolException, ControlException {
        return host.call(() -> List.copyOf(devices));
    }

    /** How it is now. */
    public DomainReport report() throws ToolException, ControlException {
        return host.call(() -> {
            Life l = alive();
            DomainControl control = l.control();
            return new DomainReport(
                    control.domid(),
                    spec,
                    control.info(),
                    System.nanoTime() - l.startNanos(),
                    control.shutdown(),
                    devices,
                    devices.stream().map(DomainDevice::traffic).toList());
        });
    }

    /** What can be changed of it while it lives. */
    public Adjustments adjustments() {
        return new Adjustments(host, this);
    }

    /**
     * Replaces what its next life is built from, after a reboot; its name, its UUID and its devices
     * stay.
     *
     * @return the files that it needs no more; its maker closes them
     */
    public Optional<BootFiles> update(DomainSpec newSpec, BootFiles newFiles)
            throws ToolException, ControlException {
        return host.call(() -> {
            BootFiles old = files;
            if (old == null || alive().control().shutdown().isPresent()) {
                throw new ControlException("Domain " + name() + " is dead: it will not reboot.");
            }
            DomainSpec now = spec;
            spec =
                    newSpec.with(b -> {
                        b.name = now.name();
                        b.uuid = now.uuid();
                        b.disks = now.disks();
                        b.vifs = now.vifs();
                    });
            files = newFiles;
            return Optional.of(old);
        });
    }

    /** What its next life is built from; its maker closes it at the domain's end. */
    public Optional<BootFiles> files() {
        return Optional.ofNullable(files);
    }

    // ---- on the host's thread ----------------------------------------------------------------

    /** The present life. */
    Life alive() throws ControlException {
        Life l = life;
        if (l == null) {
            throw new ControlException("Domain " + name() + " is gone.");
        }
        return l;
    }

    Optional<Life> life() {
        return Optional.ofNullable(life);
    }

    void build(boolean paused) throws ToolException, ControlException {
        BootFiles present = files;
        if (present == null) {
            throw new IllegalStateException("a preserved domain is not built again");
        }
        life = Life.build(host, spec, present, console, devices, paused);
        tell(DomainEvent.Kind.BUILT, Optional.empty());
    }

    /** The guest has shut down for {@code reason}. */
    void shutDown(ShutdownReason reason) {
        Life l = life;
        if (l == null) {
            return;
        }
        l.drainConsole();
        tell(DomainEvent.Kind.SHUTDOWN, Optional.of(reason));
        Action action = action(reason);
        if (action == Action.COREDUMP_DESTROY || action == Action.COREDUMP_RESTART) {
            host.workers()
                    .execute(() -> {
                        dump();
                        host.run(() -> act(action, l, reason));
                    });
        } else {
            act(action, l, reason);
        }
    }

    /** Does to {@code l}, which has shut down, what is configured; unless it is gone already. */
    private void act(Action action, Life l, ShutdownReason reason) {
        if (!l.equals(life)) {
            return;
        }
        switch (action) {
            case DESTROY, SOFT_RESET, COREDUMP_DESTROY -> over(Optional.of(reason));
            case RESTART, COREDUMP_RESTART -> {
                endLife(Optional.of(reason));
                again();
            }
            case RENAME_RESTART -> {
                host.preserveRenamed(this, l);
                life = null;
                again();
            }
            case PRESERVE -> {
                l.dropDevices();
                end.complete(new DomainEnd(Optional.of(reason), l.report()));
            }
        }
    }

    /** Writes a core file. On a worker's thread: other domains go on. */
    private void dump() {
        Path file = host.dumps().resolve(name() + "-" + domid() + ".core");
        try {
            Files.createDirectories(host.dumps());
            DomainDump.write(host, this, file);
            host.log("Domain " + name() + " was dumped to " + file);
        } catch (IOException | ToolException | ControlException e) {
            host.log("Domain " + name() + " could not be dumped: " + e.getMessage());
        }
    }

    private Action action(ShutdownReason reason) {
        return switch (reason) {
            case POWEROFF -> spec.onPoweroff();
            case REBOOT -> spec.onReboot();
            case CRASH -> spec.onCrash();
            case WATCHDOG -> spec.onWatchdog();
            case SUSPEND, SOFT_RESET -> Action.DESTROY;
        };
    }

    /** Adopts a life that another domain has left. */
    void adopt(Life other) {
        life = other;
        end.complete(new DomainEnd(other.control().shutdown(), other.report()));
    }

    private void again() {
        try {
            build(false);
        } catch (ToolException | ControlException e) {
            host.log("Domain " + name() + " could not be built again: " + e.getMessage());
            end.completeExceptionally(e);
            over(Optional.empty());
        }
    }

    private void endLife(Optional<ShutdownReason> reason) {
        Life l = life;
        if (l == null) {
            return;
        }
        l.drainConsole();
        tell(DomainEvent.Kind.ENDING, reason);
        int domid = l.control().domid();
        l.end();
        life = null;
        host.tell(new DomainEvent(DomainEvent.Kind.ENDED, name(), domid, reason));
    }

    /** It is gone for good. */
    void over(Optional<ShutdownReason> reason) {
        if (!host.forget(this)) {
            return;
        }
        int domid = domid();
        Optional<String> report = life().flatMap(Life::report);
        endLife(reason);
        devices.forEach(d -> host.guard("The back end of " + name(), d::close));
        devices.clear();
        console.close();
        end.complete(new DomainEnd(reason, report));
        host.tell(new DomainEvent(DomainEvent.Kind.DESTROYED, name(), domid, reason));
    }

    private void tell(DomainEvent.Kind kind, Optional<ShutdownReason> reason) {
        host.tell(new DomainEvent(kind, name(), domid(), reason));
    }

    /** Of the corpse that {@link Action#RENAME_RESTART} leaves. */
    DomainSpec renamed(int number) {
        return spec.with(b -> {
            b.name = spec.name() + "-" + number;
            b.uuid = UUID.randomUUID();
        });
    }
}
