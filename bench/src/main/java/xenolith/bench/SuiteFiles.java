package xenolith.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.CpioWriter;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.guest.GuestException;

/**
 * What the rivals run: the rows' program, compiled on this machine, and the ramdisk. It is that of
 * {@code xenolith run} with Debian's packages, followed by an archive of our own files; Linux
 * unpacks one after the other.
 */
final class SuiteFiles {
    private final Path sources;
    private final Path target;
    private final DebianGuest debian =
            new DebianGuest(CacheFolder.of(System.getenv()), System.err::println);

    /** The sources are in {@code house/bench/guest}, results go to {@code house/bench/target}. */
    SuiteFiles(Path house) {
        this.sources = house.resolve("bench").resolve("guest");
        this.target = house.resolve("bench").resolve("target").resolve("suite");
    }

    /** All rows of the table. */
    List<Row> table() throws IOException {
        return Row.read(Files.readString(sources.resolve("table")));
    }

    /** Debian's kernel. */
    Path kernel() throws GuestException {
        return debian.kernel(DebianGuest.KERNEL_PACKAGE);
    }

    /** The ramdisk for {@code rows}, of which each runs {@code turns} times. */
    Path ramdisk(List<Row> rows, int turns, int most)
            throws IOException, InterruptedException, GuestException {
        Path base = basis(rows);
        CpioWriter cpio = new CpioWriter();
        for (Path file : own(rows, turns, most)) {
            cpio.file("suite/" + file.getFileName(), 0755, Files.readAllBytes(file));
        }
        Path ramdisk = target.resolve("ramdisk.cpio");
        try (OutputStream out = Files.newOutputStream(ramdisk)) {
            Files.copy(base, out);
            out.write(cpio.finish());
        }
        return ramdisk;
    }

    /** A folder with what is in the ramdisk, for the bare processor. */
    Path tree(List<Row> rows, int turns, int most)
            throws IOException, InterruptedException, GuestException {
        Path base = basis(rows);
        Path tree = unpacked(base);
        Path suite = Files.createDirectories(tree.resolve("suite"));
        for (Path file : own(rows, turns, most)) {
            Path copy = suite.resolve(file.getFileName());
            Files.deleteIfExists(copy);
            Files.copy(file, copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
        return tree;
    }

    /** The folder with what is in {@code base}, kept for the next time. */
    Path unpacked(Path base) throws IOException, InterruptedException {
        Path tree = base.resolveSibling(base.getFileName().toString().replace(".cpio", ".root"));
        if (!Files.isDirectory(tree)) {
            Path part = Files.createTempDirectory(target, "tree");
            unpack(base, part);
            Files.move(part, tree);
        }
        return tree;
    }

    private Path basis(List<Row> rows) throws IOException, GuestException {
        return base(rows.stream().flatMap(r -> r.packages().stream()).distinct().sorted().toList());
    }

    /** The project's own ramdisk with {@code packages}, kept for the next time. */
    Path base(List<String> packages) throws IOException, GuestException {
        String name =
                Stream.concat(Stream.of("base"), packages.stream())
                        .collect(Collectors.joining("+"));
        Path file = Files.createDirectories(target).resolve(name + ".cpio");
        if (!Files.exists(file)) {
            Path part = Files.createTempFile(target, "base", ".part");
            Files.write(part, debian.ramdisk(packages));
            Files.move(part, file);
        }
        return file;
    }

    /**
     * The ramdisk of a guest that runs one program of ours: {@code modules} of the kernel, then
     * {@code bench/guest/NAME}, that is {@code NAME.c}, compiled, and its {@code init}.
     */
    Path guest(String name, List<String> modules)
            throws IOException, InterruptedException, GuestException {
        Path program = Files.createDirectories(target).resolve(name);
        compile(program, List.of(source(name + "/" + name + ".c").toString()));
        CpioWriter cpio = new CpioWriter();
        cpio.file(name + "/" + name, 0755, Files.readAllBytes(program));
        cpio.file(name + "/init", 0755, Files.readAllBytes(source(name + "/init")));
        byte[] base = debian.ramdisk(List.of(), DebianGuest.KERNEL_PACKAGE, modules);
        Path ramdisk = target.resolve(name + ".cpio");
        try (OutputStream out = Files.newOutputStream(ramdisk)) {
            out.write(base);
            out.write(new byte[-base.length & 3]); // an archive begins at a multiple of 4
            out.write(cpio.finish());
        }
        return ramdisk;
    }

    /** The folder of all that is made. */
    Path target() {
        return target;
    }

    /** A file of {@code bench/guest}. */
    Path source(String name) {
        return sources.resolve(name);
    }

    private List<Path> own(List<Row> rows, int turns, int most)
            throws IOException, InterruptedException {
        List<Path> own = new ArrayList<>();
        try (Stream<Path> files = Files.list(sources.resolve("files"))) {
            files.sorted().forEach(own::add);
        }
        own.add(compile());
        own.add(write("selected", rows.stream().map(Row::line).collect(Collectors.joining())));
        own.add(write("turns", turns + "\n"));
        own.add(write("most", most + "\n"));
        return own;
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(target.resolve(name), text);
    }

    private Path compile() throws IOException, InterruptedException {
        Path program = target.resolve("rows");
        try (Stream<Path> files = Files.list(sources.resolve("program"))) {
            compile(
                    program,
                    files.map(Path::toString).filter(f -> f.endsWith(".c")).sorted().toList());
        }
        return program;
    }

    /** For the baseline of x86-64 and without fused operations: the same results everywhere. */
    private static void compile(Path program, List<String> sources)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "gcc",
                                "-std=gnu17",
                                "-O2",
                                "-march=x86-64",
                                "-static",
                                "-ffp-contract=off",
                                "-fno-math-errno",
                                "-Wall",
                                "-Wextra",
                                "-o",
                                program.toString()));
        command.addAll(sources);
        run(command, "compile the guest's program; it takes gcc and libc6-dev");
    }

    /** By busybox's cpio; nodes of devices are left to those who may make them. */
    private static void unpack(Path archive, Path folder) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder("busybox", "cpio", "-idmu")
                        .directory(folder.toFile())
                        .redirectInput(archive.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        process.waitFor();
        if (!Files.exists(folder.resolve("bin/busybox"))) {
            throw new IOException("busybox cpio could not unpack " + archive + ".");
        }
    }

    /** Runs {@code command}, which is to do {@code what}. */
    static void run(List<String> command, String what) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .inheritIO()
                        .redirectInput(new java.io.File("/dev/null"))
                        .start();
        if (process.waitFor() != 0) {
            throw new IOException("Could not " + what + ".");
        }
    }
}
