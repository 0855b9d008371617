package xenolith.toolstack.xl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.PvBuilder;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.console.ConsoleBackend;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.xenstore.InitialTree;
import xenolith.toolstack.xenstore.XenstoreBackend;

/**
 * A domain from its building to its end; a reboot is the next life. On the host's thread. Whatever
 * fails while it is built, nothing of it stays.
 */
final class Life {
    /** What a domain may own beyond its memory, for its kernel's tricks (as in libxl), MiB. */
    static final long SLACK_MIB = 1;

    private final Host host;
    private final DomainSpec spec;
    private final DomainConsole console;
    private final DomainControl control;
    private final long startNanos = System.nanoTime();
    private final Map<DomainDevice, DomainDevice.Attachment> attachments = new LinkedHashMap<>();
    private final List<Runnable> undo = new ArrayList<>();
    private Optional<ConsoleBackend> consoleBackend = Optional.empty();

    private Life(Host host, DomainSpec spec, DomainConsole console, DomainControl control) {
        this.host = host;
        this.spec = spec;
        this.console = console;
        this.control = control;
        undo.add(control::destroy);
    }

    /** Builds a domain, its vCPU ready to run; {@code paused} if it shall not do so yet. */
    static Life build(
            Host host,
            DomainSpec spec,
            BootFiles files,
            DomainConsole console,
            List<DomainDevice> devices,
            boolean paused)
            throws ToolException, ControlException {
        long pages = spec.memoryMib() << 8;
        PvBuilder.layout(files.kernel(), files.ramdisk().length(), pages);
        DomainConfig config =
                new DomainConfig(
                        spec.name(),
                        spec.uuid(),
                        spec.maxVcpus(),
                        spec.memoryMib() + SLACK_MIB << 8,
                        spec.maxEventChannels() + 1,
                        files.kernel().abi());
        Life life = new Life(host, spec, console, host.machine().create(config));
        boolean built = false;
        try {
            life.control.setPaused(paused);
            life.control.setMemoryMap(spec.maxMemoryMib() << 10);
            life.populate(files, pages);
            for (DomainDevice device : devices) {
                life.attach(device);
            }
            built = true;
            return life;
        } finally {
            if (!built) {
                life.end();
            }
        }
    }

    private void populate(BootFiles files, long pages) throws ToolException, ControlException {
        PvBuilder.Built built =
                PvBuilder.build(control, files.kernel(), files.ramdisk(), spec.cmdline(), pages);
        undo.add(() -> InitialTree.removeDomain(host.store(), control.domid(), spec.uuid()));
        InitialTree.writeDomain(host.store(), facts(files, built));
        XenstoreBackend xenstore =
                new XenstoreBackend(
                        control, built.xenstoreMfn(), built.xenstorePort(), host.store());
        undo.add(xenstore::close);
        ConsoleBackend backend =
                new ConsoleBackend(
                        control, built.consoleMfn(), built.consolePort(), console.input(), console);
        consoleBackend = Optional.of(backend);
        console.connect(backend);
        undo.add(() -> console.connect(null));
    }

    private InitialTree.Facts facts(BootFiles files, PvBuilder.Built built) {
        return new InitialTree.Facts(
                control.domid(),
                spec.name(),
                spec.uuid(),
                spec.vcpus(),
                spec.maxVcpus(),
                spec.memoryMib() << 10,
                spec.maxMemoryMib() << 10,
                built.consoleMfn(),
                built.consolePort(),
                built.xenstoreMfn(),
                built.xenstorePort(),
                files.kernelName(),
                files.ramdiskName(),
                spec.cmdline(),
                startTime());
    }

    /** The day's time as xl writes it: seconds since 1970 with two decimals. */
    private String startTime() {
        long hundredths = host.machine().dayNanos() / 10_000_000;
        return String.format(Locale.ROOT, "%d.%02d", hundredths / 100, hundredths % 100);
    }

    /** Attaches {@code device}. */
    void attach(DomainDevice device) throws ToolException, ControlException {
        DomainSite site =
                new DomainSite(control, spec.name(), host.store(), host.workers(), host.alarms());
        attachments.put(device, device.attach(site));
    }

    /** Has the front end let go of {@code device}, then runs {@code gone}. */
    void detach(DomainDevice device, boolean force, Runnable gone) {
        DomainDevice.Attachment attachment = attachments.get(device);
        if (attachment == null) {
            gone.run();
            return;
        }
        attachment.detach(
                force,
                () -> {
                    attachments.remove(device);
                    attachment.close();
                    gone.run();
                });
    }

    /** Takes away all devices, but leaves the domain, which has shut down, as it is. */
    void dropDevices() {
        for (DomainDevice.Attachment attachment : List.copyOf(attachments.values())) {
            host.guard("A back end of " + spec.name(), attachment::close);
        }
        attachments.clear();
    }

    /** Takes what the guest said last out of its console. */
    void drainConsole() {
        consoleBackend.ifPresent(ConsoleBackend::poll);
    }

    /** Takes everything down; nothing stays. */
    void end() {
        dropDevices();
        for (Runnable step : undo.reversed()) {
            host.guard("The end of " + spec.name(), step);
        }
        undo.clear();
        consoleBackend = Optional.empty();
    }

    DomainControl control() {
        return control;
    }

    /** Since when it lives, by {@link System#nanoTime}. */
    long startNanos() {
        return startNanos;
    }

    /** After a crash: what the domain left behind. */
    Optional<String> report() {
        return control.crashReport().map(r -> r + early());
    }

    /** What a guest said by its emergency console; the other may have come to nothing. */
    private String early() {
        String said = control.bootLog();
        return said.isEmpty() ? "" : "\nWhat the guest wrote by console_io:\n" + said;
    }
}
