package xenolith.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.guest.Apt;
import xenolith.toolstack.guest.CacheFolder;

/** {@code xenolith doctor}: what this machine offers. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Tells what Xenolith finds on this machine.")
final class DoctorCommand implements Callable<Integer> {
    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        row(out, "version", Version.number());
        row(
                out,
                "JDK",
                Runtime.version()
                        + ", "
                        + System.getProperty("java.vm.name")
                        + ", in "
                        + System.getProperty("java.home"));
        List<String> flags =
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                        .filter(a -> a.startsWith("-X"))
                        .toList();
        row(out, "flags", flags.isEmpty() ? "none" : String.join(" ", flags));
        row(out, "engine", EngineKind.standard().toString());
        row(
                out,
                "host",
                System.getProperty("os.name")
                        + ", "
                        + System.getProperty("os.arch")
                        + ", "
                        + Runtime.getRuntime().availableProcessors()
                        + " processors");
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean os) {
            row(
                    out,
                    "memory",
                    (os.getTotalMemorySize() >> 20)
                            + " MiB, "
                            + (os.getFreeMemorySize() >> 20)
                            + " MiB free");
        }
        row(
                out,
                "packages",
                Apt.find()
                        .map(Path::toString)
                        .orElse("no apt-get: name guests by --kernel and --ramdisk"));
        cache(out);
        ProcessMemory.now().lines().forEach(out::println);
        return 0;
    }

    private static void cache(PrintWriter out) {
        CacheFolder cache = CacheFolder.of(System.getenv());
        row(
                out,
                "cache",
                cache.path() + (Files.isDirectory(cache.path()) ? "" : " (not made yet)"));
        if (!Files.isDirectory(cache.packages())) {
            row(out, "guests", "none yet");
            return;
        }
        try (var files = Files.list(cache.packages())) {
            String names =
                    String.join(
                            ", ",
                            files.filter(Files::isDirectory)
                                    .map(f ->
                                            f.getFileName()
                                                    .toString()
                                                    .replaceFirst("\\.files$", ""))
                                    .sorted()
                                    .toList());
            row(out, "guests", names.isEmpty() ? "none yet" : names);
        } catch (IOException e) {
            row(out, "guests", "the cache cannot be read: " + e.getMessage());
        }
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("%-9s %s%n", name, value);
    }
}
