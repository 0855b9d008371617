package xenolith.cli;

import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.build.BuildException;
import xenolith.toolstack.build.PvBuilder;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.console.ConsoleBackend;
import xenolith.toolstack.console.ConsoleInput;
import xenolith.toolstack.console.ConsoleOutput;
import xenolith.toolstack.xenstore.InitialTree;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xenstore.XenstoreBackend;

/** One guest from its building to its end, through reboots. */
final class GuestRun {
    /** How a run ended. */
    enum End {
        POWERED_OFF,
        REBOOTED,
        CRASHED,
        TIMED_OUT,
        LEFT,
        SUSPENDED
    }

    /** Bytes typed before the guest is told: far fewer than are kept for it. */
    private static final int CHUNK = 4096;

    private final HostMachine machine;
    private final DomainSpec spec;
    private final GuestFiles files;
    private final ConsoleOutput output;
    private final Store store = new Store();
    private final ConsoleInput input = new ConsoleInput();
    private final AtomicReference<@Nullable ConsoleBackend> console = new AtomicReference<>();
    private Runnable inspection = () -> {};
    private volatile boolean left;
    private Optional<String> report = Optional.empty();

    GuestRun(HostMachine machine, DomainSpec spec, GuestFiles files, ConsoleOutput output) {
        this.machine = machine;
        this.spec = spec;
        this.files = files;
        this.output = output;
        InitialTree.writeHost(store);
    }

    /** Types {@code bytes} on the guest's console; waits for room. From any one thread. */
    void type(byte[] bytes) throws InterruptedException {
        for (int at = 0; at < bytes.length; at += CHUNK) {
            input.put(Arrays.copyOfRange(bytes, at, Math.min(at + CHUNK, bytes.length)));
            wake();
        }
    }

    /** As {@link #type}, but forgets what there is no room for. */
    void typeSome(byte[] bytes) {
        input.offer(bytes);
        wake();
    }

    private void wake() {
        ConsoleBackend c = console.get();
        if (c != null) {
            c.wake();
        }
    }

    /** Ends the run. From any thread. */
    void leave() {
        left = true;
        machine.stop();
    }

    /** Sets who looks at the host when the guest has ended, before its memory is freed. */
    void atEnd(Runnable newInspection) {
        inspection = newInspection;
    }

    /** What the crashed guest left behind. */
    Optional<String> report() {
        return report;
    }

    /** Runs the guest, and again as long as it reboots and should. */
    End run(@Nullable Long deadlineNanos) throws BuildException, ControlException {
        while (true) {
            End end = once(deadlineNanos);
            boolean again =
                    end == End.REBOOTED && spec.onReboot().restarts()
                            || end == End.POWERED_OFF && spec.onPoweroff().restarts();
            if (!again) {
                return end;
            }
        }
    }

    private End once(@Nullable Long deadlineNanos) throws BuildException, ControlException {
        long pages = spec.memoryMib() << 8;
        PvBuilder.layout(files.kernel(), files.ramdisk().length(), pages);
        DomainControl domain =
                machine.create(
                        new DomainConfig(
                                spec.name(),
                                spec.uuid(),
                                spec.maxVcpus(),
                                pages,
                                spec.maxEventChannels() + 1,
                                files.kernel().abi()));
        try {
            PvBuilder.Built built =
                    PvBuilder.build(domain, files.kernel(), files.ramdisk(), spec.cmdline(), pages);
            InitialTree.writeDomain(store, facts(domain, built));
            XenstoreBackend xenstore =
                    new XenstoreBackend(domain, built.xenstoreMfn(), built.xenstorePort(), store);
            ConsoleBackend c =
                    new ConsoleBackend(
                            domain, built.consoleMfn(), built.consolePort(), input, output);
            console.set(c);
            c.wake();
            machine.run(domain, deadlineNanos);
            console.set(null);
            c.poll();
            xenstore.close();
            inspection.run();
            report = domain.crashReport().map(r -> r + early(domain));
            return end(domain.shutdown());
        } finally {
            console.set(null);
            InitialTree.removeDomain(store, domain.domid(), spec.uuid());
            domain.destroy();
        }
    }

    /** What a guest said by its emergency console; the other may have come to nothing. */
    private static String early(DomainControl domain) {
        String said = domain.bootLog();
        return said.isEmpty() ? "" : "\nWhat the guest wrote by console_io:\n" + said;
    }

    private End end(Optional<ShutdownReason> reason) {
        if (left) {
            return End.LEFT;
        }
        if (reason.isEmpty()) {
            return End.TIMED_OUT;
        }
        return switch (reason.get()) {
            case POWEROFF -> End.POWERED_OFF;
            case REBOOT -> End.REBOOTED;
            case SUSPEND -> End.SUSPENDED;
            case CRASH, WATCHDOG, SOFT_RESET -> End.CRASHED;
        };
    }

    private InitialTree.Facts facts(DomainControl domain, PvBuilder.Built built) {
        return new InitialTree.Facts(
                domain.domid(),
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
                spec.cmdline());
    }
}
