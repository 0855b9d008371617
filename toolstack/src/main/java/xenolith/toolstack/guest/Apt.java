package xenolith.toolstack.guest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The machine's own apt, with lists and cache in folders of the user's: it needs no rights and no
 * package lists of the machine, only its sources.
 */
public final class Apt {
    private static final String WAY_OUT =
            " Name a kernel and a ramdisk with --kernel and --ramdisk, or try the built-in guest:"
                    + " --kernel demo.";
    private static final long MOST_MINUTES = 30;
    private static final Pattern DEPENDS = Pattern.compile("(?m)^\\s*(?:Pre)?Depends: (\\S+)$");
    private static final Pattern INSTALLED = Pattern.compile("(?m)^Inst (\\S+) \\((\\S+) ");

    private final CacheFolder cache;
    private final Consumer<String> progress;
    private boolean updated;

    /** apt for {@code cache}; {@code progress} is told what takes time. */
    public Apt(CacheFolder cache, Consumer<String> progress) {
        this.cache = cache;
        this.progress = progress;
    }

    /** The folder of {@code apt-get}, if this machine has it. */
    public static Optional<Path> find() {
        String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
        return Pattern.compile(":")
                .splitAsStream(path)
                .filter(p -> !p.isEmpty())
                .map(p -> Path.of(p, "apt-get"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** The package starting with {@code prefix} that {@code name} depends on. */
    String dependency(String name, String prefix) throws GuestException {
        update();
        String answer = run(cache.path(), List.of("apt-cache", "depends", name), name);
        Matcher m = DEPENDS.matcher(answer);
        while (m.find()) {
            if (m.group(1).startsWith(prefix)) {
                return m.group(1);
            }
        }
        throw new GuestException(
                "apt knows no " + prefix + "... behind the package " + name + "." + WAY_OUT);
    }

    /**
     * Debian's sources of this machine as lines of a sources.list, for {@code suite}: where the
     * machine runs another release, at the same places.
     */
    public List<String> sources(String suite) throws GuestException {
        update();
        String format = "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(SIGNED_BY)";
        String answer =
                run(
                        apt(),
                        List.of(
                                "apt-get",
                                "indextargets",
                                "--format",
                                format,
                                "Created-By: Packages"),
                        "its sources");
        Set<String> lines = new LinkedHashSet<>();
        for (String line : answer.lines().toList()) {
            String[] part = line.split("\\|", -1);
            if (part.length != 5 || !part[0].equals("Debian") || part[2].endsWith("-backports")) {
                continue;
            }
            int end = part[2].indexOf('-');
            String release = suite + (end < 0 ? "" : part[2].substring(end));
            String key = part[4].startsWith("/") ? "[signed-by=" + part[4] + "] " : "";
            lines.add("deb " + key + part[1] + " " + release + " " + part[3]);
        }
        if (lines.isEmpty()) {
            throw new GuestException(
                    "None of this machine's package sources is Debian's: apt-get indextargets"
                            + " shows none of origin Debian.");
        }
        return List.copyOf(lines);
    }

    /** Downloads the package {@code name}; answers the .deb file. */
    public Path download(String name) throws GuestException {
        update();
        Path folder = cache.make(cache.path().resolve("apt").resolve("download"));
        progress.accept("Getting the package " + name + " ...");
        run(folder, List.of("apt-get", "download", name), name);
        return newest(folder, name);
    }

    /** Downloads {@code names} and all they depend on; answers the .deb files. */
    List<Path> downloadWithDependencies(List<String> names) throws GuestException {
        update();
        Path folder = apt();
        try {
            Files.write(folder.resolve("nothing-installed"), new byte[0]);
        } catch (IOException e) {
            throw cache.unusable(folder, e);
        }
        String what = String.join(", ", names);
        List<String> install =
                List.of(
                        "-o",
                        "Dir::State::status=" + folder.resolve("nothing-installed"),
                        "--no-install-recommends",
                        "-y",
                        "install");
        String plan = run(folder, command("-s", install, names), what);
        progress.accept("Getting " + what + " and what they depend on ...");
        run(folder, command("--download-only", install, names), what);
        Path archives = folder.resolve("cache").resolve("archives");
        List<Path> files = new ArrayList<>();
        Matcher m = INSTALLED.matcher(plan);
        while (m.find()) {
            String version = m.group(2).replace(":", "%3a");
            files.add(newest(archives, plain(m.group(1)) + "_" + version));
        }
        return files;
    }

    private static String plain(String name) {
        int colon = name.indexOf(':');
        return colon < 0 ? name : name.substring(0, colon);
    }

    private static List<String> command(String option, List<String> install, List<String> names) {
        List<String> all = new ArrayList<>(List.of("apt-get", option));
        all.addAll(install);
        all.addAll(names);
        return all;
    }

    private Path newest(Path folder, String start) throws GuestException {
        try (var files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().startsWith(start + "_"))
                    .filter(f -> f.toString().endsWith(".deb"))
                    .max((a, b) ->
                            Long.compare(a.toFile().lastModified(), b.toFile().lastModified()))
                    .orElseThrow(() ->
                            new GuestException("apt left no file for " + start + "." + WAY_OUT));
        } catch (IOException e) {
            throw cache.unusable(folder, e);
        }
    }

    private Path apt() {
        return cache.path().resolve("apt");
    }

    private void update() throws GuestException {
        if (updated) {
            return;
        }
        if (find().isEmpty()) {
            throw new GuestException(
                    "This machine has no apt-get, by which Xenolith gets Debian's packages."
                            + WAY_OUT);
        }
        for (String folder :
                new String[] {"state/lists/partial", "cache/archives/partial", "log", "download"}) {
            cache.make(apt().resolve(folder));
        }
        writeConfiguration();
        progress.accept("Getting the package lists of this machine's sources ...");
        run(apt(), List.of("apt-get", "update"), "the package lists");
        updated = true;
    }

    /** Hooks of the machine's configuration, such as those of containers, need root: off. */
    private void writeConfiguration() throws GuestException {
        String user = System.getProperty("user.name", "root");
        String text =
                """
                #clear APT::Update::Pre-Invoke;
                #clear APT::Update::Post-Invoke;
                #clear APT::Update::Post-Invoke-Success;
                #clear DPkg::Pre-Invoke;
                #clear DPkg::Post-Invoke;
                #clear DPkg::Pre-Install-Pkgs;
                Dir::State "%1$s/state";
                Dir::State::lists "%1$s/state/lists";
                Dir::State::status "/var/lib/dpkg/status";
                Dir::Cache "%1$s/cache";
                Dir::Cache::archives "%1$s/cache/archives";
                Dir::Log "%1$s/log";
                Debug::NoLocking "true";
                APT::Sandbox::User "%2$s";
                APT::Keep-Downloaded-Packages "true";
                Acquire::Languages "none";
                Acquire::Retries "3";
                """
                        .formatted(apt(), user);
        try {
            Files.writeString(apt().resolve("apt.conf"), text);
        } catch (IOException e) {
            throw cache.unusable(apt(), e);
        }
    }

    private String run(Path folder, List<String> words, String what) throws GuestException {
        List<String> command = new ArrayList<>(words);
        command.add(1, "-c");
        command.add(2, apt().resolve("apt.conf").toString());
        try {
            Path log = Files.createTempFile(apt(), "output", ".log");
            try {
                ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
                builder.environment().put("LC_ALL", "C.UTF-8");
                builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
                Process process =
                        builder.redirectErrorStream(true)
                                .redirectInput(
                                        ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
                                .redirectOutput(log.toFile())
                                .start();
                boolean ended = process.waitFor(MOST_MINUTES, TimeUnit.MINUTES);
                if (!ended) {
                    process.destroy();
                }
                String output = Files.readString(log, StandardCharsets.UTF_8);
                if (!ended || process.exitValue() != 0) {
                    throw failure(what, ended ? lastErrors(output) : "it took too long");
                }
                return output;
            } finally {
                Files.deleteIfExists(log);
            }
        } catch (IOException e) {
            throw failure(what, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure(what, "interrupted");
        }
    }

    private static GuestException failure(String what, String why) {
        return new GuestException(
                "apt could not get " + what + ": " + why + ". Is there a network?" + WAY_OUT);
    }

    /** What apt says after "E:", or its last line. */
    private static String lastErrors(String output) {
        List<String> lines = output.lines().filter(l -> !l.isBlank()).toList();
        List<String> errors =
                lines.stream().filter(l -> l.startsWith("E: ")).map(l -> l.substring(3)).toList();
        String text =
                errors.isEmpty()
                        ? (lines.isEmpty() ? "no reason given" : lines.get(lines.size() - 1))
                        : String.join("; ", errors.subList(0, Math.min(3, errors.size())));
        return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
    }
}
