package xenolith.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.block.BlockKind;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.SpecReader;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** {@code xenolith run}: boots a guest with its console on this terminal. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Boots a guest, its console on this terminal; Ctrl-] leaves and destroys it.",
            "Without a kernel: Debian's stock kernel and busybox, got by this machine's apt."
        },
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:The guest powered off, or was left by Ctrl-].",
            "1:Something was wrong with the request or with Xenolith.",
            "2:The guest crashed.",
            "3:The time given by --timeout was over."
        })
final class RunCommand implements Callable<Integer> {
    /** Memory for Debian from disk: its ramdisk with all drivers is unpacked into memory, too. */
    private static final long FULL_SYSTEM_MIB = 512;

    @Parameters(
            arity = "0..1",
            paramLabel = "FILE.cfg",
            description = "A domain's configuration, in the syntax of xl.cfg.")
    private @Nullable Path file;

    @Mixin private GuestFileOptions fileOptions = new GuestFileOptions();

    @Option(
            names = "--memory",
            paramLabel = "MIB",
            description = "Memory of the guest in MiB (default: 256, or as configured).")
    private @Nullable Long memory;

    @Option(names = "--name", paramLabel = "N", description = "Name of the domain.")
    private @Nullable String name;

    @Mixin private DiskOptions diskOptions = new DiskOptions();

    @Mixin private MachineOptions machineOptions = new MachineOptions();

    @Mixin private NetworkOptions networkOptions = new NetworkOptions();

    @Mixin private InspectOptions inspectOptions = new InspectOptions();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            description = "Ends the guest after this time, such as 90s or 5m.")
    private @Nullable Duration timeout;

    @Option(
            names = "--console-log",
            paramLabel = "F",
            description = "Writes what the guest prints to this file, too.")
    private @Nullable Path consoleLog;

    @Option(
            names = "--symbols",
            paramLabel = "SYSTEM.MAP",
            description = "Names for the kernel's addresses in crash reports.")
    private @Nullable Path symbols;

    @Option(
            names = "--stats",
            description = "Tells at the end what Xenolith did and what memory it used.")
    private boolean stats;

    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    private final Streams streams;

    RunCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws ToolException, ControlException, IOException {
        PrintWriter err = spec.commandLine().getErr();
        DomainSpec domain = domainSpec(err);
        HostSettings settings = machineOptions.settings(domain.memoryMib(), err::println);
        try (GuestFileOptions.Opened guest = fileOptions.open(domain, err)) {
            return run(guest, settings, err);
        }
    }

    private DomainSpec domainSpec(PrintWriter err) throws ToolException {
        DomainSpec domain = DomainSpec.defaults();
        if (file != null) {
            SpecReader.Result result = SpecReader.read(file);
            result.warnings().forEach(err::println);
            domain = result.spec();
        }
        domain = fileOptions.addTo(domain);
        if (name != null) {
            domain = domain.withName(name);
        }
        if (memory != null) {
            if (memory <= 0) {
                throw new ToolException(
                        "--memory is " + memory + ", but must be at least 1 (MiB).");
            }
            domain = domain.withMemoryMib(memory);
        }
        DomainSpec whole = diskOptions.add(domain, fileOptions.any(), err::println);
        boolean fromDisk =
                diskOptions.hasDebian()
                        || whole.bootloader().isPresent()
                        || !whole.kernel().equals(domain.kernel());
        if (fromDisk && file == null && memory == null) {
            whole = whole.withMemoryMib(FULL_SYSTEM_MIB);
        }
        return networkOptions.addTo(whole);
    }

    private int run(GuestFileOptions.Opened opened, HostSettings settings, PrintWriter err)
            throws ToolException, ControlException, IOException {
        DomainSpec domain = opened.domain();
        try (Host host =
                        Host.start(
                                settings,
                                List.of(
                                        new BlockKind(err::println),
                                        networkOptions.kind(settings.seed(), err::println)));
                OutputStream log = log()) {
            err.printf(
                    Locale.ROOT,
                    "xenolith %s: %s, %d MiB, seed %d%n",
                    Version.number(),
                    settings.engine(),
                    domain.memoryMib(),
                    settings.seed());
            if (symbols != null) {
                host.symbols(Symbols.read(symbols)::name);
            }
            Long deadline = timeout == null ? null : System.nanoTime() + timeout.toNanos();
            try (UserConsole console = UserConsole.open(streams, log)) {
                String environment = opened.ownRamdisk() ? console.environment() : "";
                String line = fileOptions.commandLine(domain, environment);
                inspectOptions.begin(host);
                GuestDomain guest = host.create(domain.withCmdline(line), opened.files(), true);
                Foreground run = new Foreground(guest);
                guest.console().attach(console);
                console.connect(UserConsole.Keyboard.of(guest.console()), run::leave);
                Ending end = run.await(deadline);
                console.restore();
                if (stats) {
                    tellStatistics(host, err);
                }
                inspectOptions.tell(err);
                int status = tell(end, run, err);
                return inspectOptions.found() ? ExitStatus.OURS : status;
            }
        }
    }

    private OutputStream log() throws ToolException {
        if (consoleLog == null) {
            return OutputStream.nullOutputStream();
        }
        try {
            return Files.newOutputStream(consoleLog);
        } catch (IOException e) {
            throw new ToolException("The console log " + consoleLog + " cannot be written.", e);
        }
    }

    private static void tellStatistics(Host host, PrintWriter err) {
        String engine = host.engineStatistics();
        if (!engine.isEmpty()) {
            err.println("engine    " + engine);
        }
        ProcessMemory.now().lines().forEach(err::println);
    }

    private int tell(Ending end, Foreground run, PrintWriter err) {
        return switch (end) {
            case POWERED_OFF, REBOOTED -> ExitStatus.POWERED_OFF;
            case LEFT -> {
                err.println("xenolith: left; the guest is destroyed.");
                yield ExitStatus.POWERED_OFF;
            }
            case TIMED_OUT -> {
                err.println("xenolith: the time is over; the guest is destroyed.");
                yield ExitStatus.TIMED_OUT;
            }
            case CRASHED -> {
                err.println("xenolith: the guest crashed.");
                run.report().ifPresent(err::println);
                yield ExitStatus.CRASHED;
            }
            case SUSPENDED -> {
                err.println("xenolith: the guest suspended itself, which is not supported yet.");
                yield ExitStatus.OURS;
            }
        };
    }
}
