package xenolith.testkit.run;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.cpu.Engine;
import xenolith.machine.engine.EngineKind;
import xenolith.machine.memory.MachineMemory;
import xenolith.toolstack.build.BuildException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.PvBuilder;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.console.ConsoleBackend;
import xenolith.toolstack.console.ConsoleInput;

/**
 * One run of an image as a PV domain with one vCPU, alone in a host of its own, in counted time.
 *
 * @param console all that it printed
 * @param shutdown why it ended; empty if time was up
 * @param crashReport after a crash
 * @param log the hypervisor's log
 * @param audit what an audit of the host found at the end
 */
public record Trial(
        String console,
        Optional<ShutdownReason> shutdown,
        Optional<String> crashReport,
        String log,
        List<String> audit) {
    private static final long MIB = 1L << 20;

    /**
     * What a run is done with.
     *
     * @param seed order in which the host hands out frames
     * @param memoryMib memory of the domain
     * @param deadline system time in ns after which it is ended
     * @param typed what is typed on its console at the start
     */
    public record Setting(long seed, int memoryMib, long deadline, String typed) {
        /** Eight MiB and ten seconds. */
        public static Setting of(long seed) {
            return new Setting(seed, 8, 10_000_000_000L, "");
        }

        /** The same with {@code text} typed. */
        public Setting typing(String text) {
            return new Setting(seed, memoryMib, deadline, text);
        }
    }

    /** Runs {@code image} on the standard engine. */
    public static Trial of(String name, byte[] image, Setting setting) {
        return of(name, image, setting, EngineKind.standard()::on);
    }

    /** Runs {@code image} on the engine that {@code engines} makes. */
    public static Trial of(
            String name, byte[] image, Setting setting, Function<MachineMemory, Engine> engines) {
        StringBuilder console = new StringBuilder();
        HostConfig config =
                HostConfig.of(
                        (setting.memoryMib + 16) * MIB, setting.seed, HostConfig.TimeMode.VIRTUAL);
        try (Host host = Host.start(config, engines);
                KernelImage kernel = KernelImage.of(image, name, UnpackCache.none())) {
            long pages = setting.memoryMib * MIB >> 12;
            DomainControl domain =
                    host.create(new DomainConfig(name, new UUID(0, 1), 1, pages, -1, kernel.abi()));
            domain.setBootConsole(text -> {});
            PvBuilder.Built built = PvBuilder.build(domain, kernel, Ramdisk.none(), "", pages);
            ConsoleInput typed = new ConsoleInput();
            typed.offer(setting.typed.getBytes(StandardCharsets.ISO_8859_1));
            ConsoleBackend backend =
                    new ConsoleBackend(
                            domain,
                            built.consoleMfn(),
                            built.consolePort(),
                            typed,
                            (bytes, n) ->
                                    console.append(
                                            new String(bytes, 0, n, StandardCharsets.ISO_8859_1)));
            backend.wake();
            host.run(domain, setting.deadline);
            backend.poll();
            return new Trial(
                    console.toString(),
                    domain.shutdown(),
                    domain.crashReport(),
                    String.join("\n", host.log().lines()),
                    host.audit());
        } catch (BuildException | ControlException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the last line of the console says SUCCESS and the domain powered off. */
    public boolean succeeded() {
        String[] lines = console.strip().split("\r?\n", -1);
        return lines[lines.length - 1].startsWith("Test result: SUCCESS")
                && shutdown.equals(Optional.of(ShutdownReason.POWEROFF));
    }

    /** All that is known, for a message. */
    public String describe() {
        return "console:\n"
                + console
                + "\nshutdown: "
                + shutdown
                + "\n"
                + crashReport.orElse("")
                + "\n"
                + log;
    }
}
