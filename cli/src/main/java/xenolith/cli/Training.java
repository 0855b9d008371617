package xenolith.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jline.terminal.Terminal;
import xenolith.testkit.Demo;
import xenolith.testkit.guests.TinyGuest;
import xenolith.testkit.guests.TinyGuests;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.block.BlockKind;
import xenolith.toolstack.guest.GuestException;
import xenolith.toolstack.guest.Initramfs;
import xenolith.toolstack.socket.HostSocket;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/**
 * What the launcher runs once after a build, so that the JVM keeps the classes that a start needs,
 * and what was called often, in a cache (docs/decisions/0010): the commands, with small guests. The
 * launcher sets a user's cache to be thrown away, and makes the engine translate much.
 */
final class Training {
    /** Tiny guests that are run, from the first: they cover most hypercalls and traps. */
    private static final int GUESTS = 20;

    /** Times that the commands of xl are run: what a process does once is not worth compiling. */
    private static final int COMMANDS_AGAIN = 3;

    private Training() {}

    /** Runs it; what the guests print is lost. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("xenolith");
        try {
            tinyGuests(folder);
            packedKernel(folder);
            host(folder);
        } finally {
            remove(folder);
        }
        command("help\nmemory\nevents\ntime\nhalt\n", "run", "--kernel", "demo", "--stats");
        command("", "doctor");
        terminal();
        System.exit(0);
    }

    private static void tinyGuests(Path folder) throws IOException {
        String[] words =
                Stream.concat(
                                Stream.of("test"),
                                TinyGuests.all().stream()
                                        .limit(GUESTS)
                                        .map(g -> write(folder, g).toString()))
                        .toArray(String[]::new);
        command("", words);
    }

    /**
     * As large as Debian's, with a ramdisk made as for Debian; the second run finds it unpacked.
     */
    private static void packedKernel(Path folder) throws IOException {
        Path kernel = folder.resolve("packed");
        try (OutputStream out = new Stored(Files.newOutputStream(kernel))) {
            out.write(Demo.image());
            out.write(new byte[8 << 20]);
        }
        Path ramdisk = folder.resolve("ramdisk");
        try {
            Files.write(ramdisk, Initramfs.make(new byte[2 << 20], List.of()));
        } catch (GuestException e) {
            throw new IllegalStateException("without packages nothing can fail", e);
        }
        String[] words = {"run", "--kernel", kernel.toString(), "--ramdisk", ramdisk.toString()};
        command("halt\n", words);
        command("halt\n", words);
    }

    /** A gzip file as long as what is written to it. */
    private static final class Stored extends GZIPOutputStream {
        Stored(OutputStream out) throws IOException {
            super(out);
            def.setLevel(Deflater.NO_COMPRESSION);
        }
    }

    /** A host with its socket, and the commands of xl that talk to it. */
    private static void host(Path folder) throws IOException {
        String socket = folder.resolve("socket").toString();
        Path kernel = folder.resolve("kernel");
        Files.write(kernel, Demo.image());
        Path config = folder.resolve("demo.cfg");
        Files.writeString(config, "name='demo'\nkernel='" + kernel + "'\nmemory=8\n");
        try (Host host =
                        Host.start(
                                HostSettings.of(32, 1),
                                List.of(
                                        new BlockKind(line -> {}),
                                        new BridgeOptions().kind(1, line -> {})));
                HostSocket _ = HostSocket.open(Path.of(socket), host, BootLoader.plain())) {
            for (int i = 0; i < COMMANDS_AGAIN; i++) {
                command("", "create", "--socket", socket, config.toString());
                command("", "list", "--socket", socket);
                command("", "list", "--socket", socket, "-l", "demo");
                command("", "vcpu-list", "--socket", socket);
                command("", "block-list", "--socket", socket, "demo");
                command("", "info", "--socket", socket);
                command("", "top", "--socket", socket, "-b", "-i", "1");
                command("halt\n", "console", "--socket", socket, "demo");
                command("", "destroy", "--socket", socket, "demo");
            }
        } catch (ToolException e) {
            throw new IllegalStateException("a host in a folder of its own", e);
        }
    }

    private static Path write(Path folder, TinyGuest guest) {
        try {
            return Files.write(folder.resolve(guest.name()), guest.image());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** A terminal of its own, as nobody gives one to a training run. */
    private static void terminal() {
        InputStream nothing = InputStream.nullInputStream();
        try (Terminal t =
                UserConsole.terminals()
                        .system(false)
                        .streams(nothing, OutputStream.nullOutputStream())
                        .build()) {
            t.enterRawMode();
        } catch (IOException | IllegalStateException e) {
            return; // a start with a terminal will be slower by as much
        }
    }

    private static void command(String input, String... words) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), true);
        byte[] typed = input.getBytes(StandardCharsets.UTF_8);
        Main.run(words, new Streams(new ByteArrayInputStream(typed), nowhere, nowhere));
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path f : files.toList()) {
                Files.delete(f);
            }
        }
        Files.delete(folder);
    }
}
