package xenolith.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.block.BlockKind;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.socket.HostClient;
import xenolith.toolstack.socket.HostSocket;
import xenolith.toolstack.socket.SocketPath;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** {@code xenolith host}: a host of many domains, which the commands of xl control. */
@Command(
        name = "host",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Starts a host of many domains; 'xenolith create', 'list', 'console' and the other",
            "commands of xl control it by its socket. Who may open the socket may do all of that."
        })
final class HostCommand implements Callable<Integer> {
    @Option(
            names = "--memory",
            paramLabel = "MIB",
            description = "Memory for all guests (default: half of this machine's).")
    private @Nullable Long memory;

    @Option(
            names = "--socket",
            paramLabel = "F",
            description =
                    "The control socket (default: XENOLITH_SOCKET, else below the user's runtime"
                            + " folder).")
    private @Nullable Path socket;

    @Option(
            names = "--xenstore",
            paramLabel = "F",
            description = "Opens xenstore to Debian's tools: XENSTORED_PATH=F xenstore-ls.")
    private @Nullable Path xenstore;

    @Option(
            names = "--xenstore-save",
            paramLabel = "F",
            description =
                    "Has the running host write all nodes of its xenstore to this file, in the"
                            + " format of Xen's live update.")
    private @Nullable Path xenstoreSave;

    @Option(
            names = "--xenstore-load",
            paramLabel = "F",
            description =
                    "Starts with the nodes of such a file, but for those of domains: they were the"
                            + " other host's.")
    private @Nullable Path xenstoreLoad;

    @Option(names = "--daemon", description = "Goes on in the background.")
    private boolean daemon;

    @Option(names = "--log", paramLabel = "F", description = "What the one in the background says.")
    private @Nullable Path logFile;

    @Option(names = "--stop", description = "Ends the running host and all its domains.")
    private boolean stop;

    @Mixin private MachineOptions machineOptions = new MachineOptions();

    @Mixin private BridgeOptions bridgeOptions = new BridgeOptions();

    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws ToolException, ControlException, IOException {
        Path path = socket == null ? SocketPath.of(System.getenv()) : socket;
        PrintWriter err = spec.commandLine().getErr();
        if (stop) {
            new HostClient(path).call("DELETE", "/v1/host", Map.of());
            return ExitStatus.POWERED_OFF;
        }
        if (xenstoreSave != null) {
            String file = xenstoreSave.toAbsolutePath().toString();
            new HostClient(path).call("POST", "/v1/host/xenstore", Map.of("path", file));
            return ExitStatus.POWERED_OFF;
        }
        if (daemon) {
            Daemon.start(path, logFile, err);
            return ExitStatus.POWERED_OFF;
        }
        HostSettings settings =
                machineOptions.settings(memory == null ? half() : memory, err::println);
        serve(path, settings, err);
        return ExitStatus.POWERED_OFF;
    }

    private void serve(Path path, HostSettings settings, PrintWriter err)
            throws ToolException, ControlException {
        CacheFolder cache = CacheFolder.of(System.getenv());
        BootLoader bootLoader =
                new BootLoader(
                        UnpackCache.in(cache.kernels()),
                        () -> new DebianGuest(cache, err::println).grub());
        HostLog log = new HostLog(err::println);
        Thread main = Thread.currentThread();
        CountDownLatch ended = new CountDownLatch(1);
        Thread hook = new Thread(() -> end(main, ended), "end of the host");
        List<DeviceKind> kinds =
                List.of(new BlockKind(log), bridgeOptions.kind(settings.seed(), log));
        try (Host host = Host.start(settings, kinds)) {
            log.join(host);
            loadXenstore(host);
            try (HostSocket control = HostSocket.open(path, host, bootLoader)) {
                if (xenstore != null) {
                    host.openXenstore(xenstore);
                }
                Runtime.getRuntime().addShutdownHook(hook);
                err.println(
                        "xenolith "
                                + Version.number()
                                + ": a host with "
                                + settings.memoryMib()
                                + " MiB for guests at "
                                + path);
                control.await();
            }
        } catch (InterruptedException e) {
            err.println("xenolith: the host ends.");
        } finally {
            ended.countDown();
        }
    }

    /** Before there is anybody who could ask for a domain. */
    private void loadXenstore(Host host) throws ToolException, ControlException {
        if (xenstoreLoad == null) {
            return;
        }
        Path file = xenstoreLoad;
        host.call(() -> {
            host.store().load(file);
            return true;
        });
    }

    /**
     * At SIGINT and SIGTERM: has the main thread take everything down, and waits for that; not for
     * the thread's own end, as it waits for this one in System.exit.
     */
    private static void end(Thread main, CountDownLatch ended) {
        main.interrupt();
        try {
            ended.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long half() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os
                ? os.getTotalMemorySize() >> 21
                : 1024;
    }
}
