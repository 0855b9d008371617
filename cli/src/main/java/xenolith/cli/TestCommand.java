package xenolith.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.Action;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.SpecReader;
import xenolith.toolstack.config.UnsupportedGuestException;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** {@code xenolith test}: runs self-judging guests one after another. */
@Command(
        name = "test",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = {
            "Runs guests that judge themselves: the last line of the console is",
            "'Test result: SUCCESS', SKIP, ERROR or FAILURE; anything else is CRASH."
        },
        exitCodeListHeading = "%nExit status, that of the worst guest:%n",
        exitCodeList = {
            "0:SUCCESS",
            "1:Something was wrong with the request or with Xenolith.",
            "3:SKIP",
            "4:ERROR",
            "5:FAILURE",
            "6:CRASH"
        })
final class TestCommand implements Callable<Integer> {
    /** What a guest's console may hold at most. */
    private static final int MOST_CONSOLE = 4 << 20;

    @Parameters(
            arity = "1..*",
            paramLabel = "CFG_OR_KERNEL",
            description = "Configurations, kernels, or folders with configurations.")
    private List<Path> inputs = List.of();

    @Option(names = "--junit", paramLabel = "FILE", description = "Writes a report as JUnit does.")
    private @Nullable Path junit;

    @Option(
            names = "--timeout",
            paramLabel = "D",
            defaultValue = "120s",
            description = "Ends a guest after this time (default: ${DEFAULT-VALUE}).")
    private Duration timeout = Duration.ofMinutes(2);

    @Option(names = "--verbose", description = "Shows what the guests print.")
    private boolean verbose;

    @Mixin private MachineOptions machineOptions = new MachineOptions();

    @Mixin private InspectOptions inspectOptions = new InspectOptions();

    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    /**
     * One guest's result.
     *
     * @param why for guests that did not get to a verdict of their own
     */
    record Result(String name, Verdict verdict, double seconds, String why, String console) {}

    @Override
    public Integer call() throws ToolException, IOException {
        PrintWriter out = spec.commandLine().getOut();
        List<Result> results = new ArrayList<>();
        for (Path input : TestInputs.expand(inputs)) {
            Result r = judge(input);
            results.add(r);
            out.printf(
                    Locale.ROOT,
                    "%-40s %-8s %7.2f s  %s%n",
                    r.name(),
                    r.verdict(),
                    r.seconds(),
                    r.why());
            if (verbose || r.verdict() == Verdict.CRASH) {
                r.console().lines().forEach(l -> out.println("  | " + l));
            }
            out.flush();
        }
        if (junit != null) {
            JunitReport.write(junit, results);
        }
        Verdict worst = results.stream().map(Result::verdict).max(Verdict::compareTo).orElseThrow();
        out.printf(
                Locale.ROOT,
                "%d guests: %s%n",
                results.size(),
                java.util.Arrays.stream(Verdict.values())
                        .map(v -> count(results, v) + " " + v)
                        .collect(java.util.stream.Collectors.joining(", ")));
        return inspectOptions.found() ? ExitStatus.OURS : worst.status();
    }

    private static long count(List<Result> results, Verdict verdict) {
        return results.stream().filter(r -> r.verdict() == verdict).count();
    }

    /** Whatever is wrong with one guest is its result, not the end of the others. */
    private Result judge(Path input) {
        long start = System.nanoTime();
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        Verdict verdict = Verdict.CRASH;
        String why = "";
        try {
            Ending end = run(input, console);
            verdict = Verdict.of(text(console));
            if (end == Ending.TIMED_OUT) {
                verdict = Verdict.CRASH;
                why = "the time was over";
            } else if (end == Ending.CRASHED) {
                verdict = Verdict.CRASH;
                why = "the guest crashed";
            } else if (verdict == Verdict.CRASH) {
                why = "no verdict in the last line";
            }
        } catch (UnsupportedGuestException e) {
            verdict = Verdict.SKIP;
            why = String.valueOf(e.getMessage());
        } catch (ToolException | ControlException e) {
            why = String.valueOf(e.getMessage());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Result(name(input), verdict, seconds, why, text(console));
    }

    private static String name(Path input) {
        return String.valueOf(input.getFileName()).replaceFirst("\\.cfg$", "");
    }

    private static String text(ByteArrayOutputStream console) {
        return console.toString(StandardCharsets.UTF_8);
    }

    private Ending run(Path input, ByteArrayOutputStream console)
            throws ToolException, ControlException {
        DomainSpec domain = spec(input);
        Path kernel = domain.kernel().orElseThrow();
        PrintWriter err = spec.commandLine().getErr();
        HostSettings settings = machineOptions.settings(domain.memoryMib(), err::println);
        try (KernelImage image = KernelImage.open(kernel, UnpackCache.none());
                Ramdisk ramdisk =
                        domain.ramdisk().isPresent()
                                ? Ramdisk.read(domain.ramdisk().get())
                                : Ramdisk.none();
                Host host = Host.start(settings, List.of())) {
            BootFiles files =
                    new BootFiles(
                            image,
                            ramdisk,
                            kernel.toString(),
                            domain.ramdisk().map(Path::toString).orElse(""));
            inspectOptions.begin(host);
            GuestDomain guest = host.create(domain, files, true);
            guest.console().attach((b, n) -> collect(console, b, n));
            Foreground run = new Foreground(guest);
            Ending end = run.await(System.nanoTime() + timeout.toNanos());
            inspectOptions.tell(err);
            run.report()
                    .ifPresent(
                            r -> console.writeBytes(("\n" + r).getBytes(StandardCharsets.UTF_8)));
            return end;
        }
    }

    private static void collect(ByteArrayOutputStream console, byte[] bytes, int length) {
        if (console.size() + length > MOST_CONSOLE) {
            console.reset();
        }
        console.write(bytes, 0, length);
    }

    /** A test that reboots has ended. */
    private static DomainSpec spec(Path input) throws ToolException {
        DomainSpec domain;
        if (input.toString().endsWith(".cfg")) {
            domain = SpecReader.read(input).spec();
            if (domain.kernel().isEmpty()) {
                throw new ToolException(input + ": it names no kernel.");
            }
        } else {
            domain = DomainSpec.defaults().withName(name(input)).withKernel(input);
            domain = domain.withMemoryMib(128);
        }
        return domain.withOnReboot(Action.DESTROY);
    }
}
