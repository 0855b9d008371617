package xenolith.testkit.run;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
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
 * One run of an image as a PV domain in a host of its own, alone or not, in counted time.
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
     * @param neighbour image of a domain that runs beside it, if not empty
     * @param disturbance seed of kicks and other interruptions; 0 for none
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Setting(
            long seed,
            int memoryMib,
            long deadline,
            String typed,
            byte[] neighbour,
            long disturbance) {
        private static final byte[] NOBODY = {};

        /** Eight MiB and ten seconds. */
        public static Setting of(long seed) {
            return new Setting(seed, 8, 10_000_000_000L, "", NOBODY, 0);
        }

        /** The same with {@code text} typed. */
        public Setting typing(String text) {
            return new Setting(seed, memoryMib, deadline, text, neighbour, disturbance);
        }

        /**
         * The same, with a processor that is interrupted at any moment and shared with the domain
         * of {@code image}.
         */
        public Setting disturbed(long by, byte[] image) {
            return new Setting(seed, memoryMib, deadline, typed, image.clone(), by);
        }
    }

    /** Runs {@code image} on the standard engine. */
    public static Trial of(String name, byte[] image, Setting setting) {
        return of(name, image, setting, EngineKind.standard()::on);
    }

    /** Runs {@code image} on the engine that {@code engines} makes. */
    public static Trial of(
            String name, byte[] image, Setting setting, Function<MachineMemory, Engine> engines) {
        if (setting.disturbance == 0) {
            return on(name, image, setting, engines, host -> {});
        }
        List<Disturbed> disturbed = new ArrayList<>();
        try {
            return on(
                    name,
                    image,
                    setting,
                    memory -> {
                        disturbed.add(new Disturbed(engines.apply(memory), setting.disturbance));
                        return disturbed.get(0);
                    },
                    host -> disturbed.get(0).preemptBy(() -> host.post(() -> {})));
        } finally {
            disturbed.forEach(Disturbed::close);
        }
    }

    private static Trial on(
            String name,
            byte[] image,
            Setting setting,
            Function<MachineMemory, Engine> engines,
            Consumer<Host> started) {
        StringBuilder console = new StringBuilder();
        HostConfig config =
                HostConfig.of(
                        (2L * setting.memoryMib + 16) * MIB,
                        setting.seed,
                        HostConfig.TimeMode.VIRTUAL);
        try (Host host = Host.start(config, engines)) {
            started.accept(host);
            if (setting.neighbour.length != 0) {
                Running beside = Running.of(host, "neighbour", setting.neighbour, setting);
                beside.connect("", text -> {});
            }
            Running it = Running.of(host, name, image, setting);
            ConsoleBackend backend = it.connect(setting.typed, console::append);
            host.run(it.domain, setting.deadline);
            backend.poll();
            return new Trial(
                    console.toString(),
                    it.domain.shutdown(),
                    it.domain.crashReport(),
                    String.join("\n", host.log().lines()),
                    host.audit());
        } catch (BuildException | ControlException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A domain that was built. */
    private record Running(DomainControl domain, PvBuilder.Built built) {
        /** Two vCPUs, of which guests start the second one if they like. */
        static Running of(Host host, String name, byte[] image, Setting setting)
                throws BuildException, ControlException {
            long pages = setting.memoryMib * MIB >> 12;
            UUID id = new UUID(0, host.domains().size() + 1L);
            try (KernelImage kernel = KernelImage.of(image, name, UnpackCache.none())) {
                DomainControl domain =
                        host.create(new DomainConfig(name, id, 2, pages, -1, kernel.abi()));
                domain.setBootConsole(text -> {});
                domain.setMemoryMap(pages << 2);
                return new Running(
                        domain, PvBuilder.build(domain, kernel, Ramdisk.none(), "", pages));
            }
        }

        /** Gives it a console. */
        ConsoleBackend connect(String text, Consumer<String> console) throws ControlException {
            ConsoleInput typed = new ConsoleInput();
            typed.offer(text.getBytes(StandardCharsets.ISO_8859_1));
            ConsoleBackend backend =
                    new ConsoleBackend(
                            domain,
                            built.consoleMfn(),
                            built.consolePort(),
                            typed,
                            (bytes, n) ->
                                    console.accept(
                                            new String(bytes, 0, n, StandardCharsets.ISO_8859_1)));
            backend.wake();
            return backend;
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
