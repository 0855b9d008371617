package xenolith.toolstack.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import xenolith.toolstack.ToolException;

/**
 * A running passt (passt(1)) and the socket to it. passt makes sockets of this machine out of a
 * guest's TCP, UDP and ICMP, without any privilege. It serves one guest and ends with its socket.
 */
final class PasstProcess implements AutoCloseable {
    /** What to tell a user who has no passt. */
    static final String MISSING =
            "passt is not installed. It is the network's way out of this machine without root:"
                    + " install the package passt (apt-get install passt), or go without a way"
                    + " out.";

    private static final long START_MILLIS = 10_000;
    private static final long LOOK_MILLIS = 5;

    /** What passt says of itself in a sandbox without syslog; not for users. */
    private static final String SYSLOG = "to syslog";

    private final Process process;
    private final FrameStream stream;
    private final Path folder;

    private PasstProcess(Process process, FrameStream stream, Path folder) {
        this.process = process;
        this.stream = stream;
        this.folder = folder;
    }

    /** The program, if it is installed. */
    static Optional<Path> program() {
        String path = System.getenv("PATH");
        return Stream.of((path == null ? "/usr/bin" : path).split(":"))
                .map(folder -> Path.of(folder, "passt"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Starts passt with {@code options} and connects to it. */
    static PasstProcess start(List<String> options) throws ToolException, InterruptedException {
        Path program = program().orElseThrow(() -> new ToolException(MISSING));
        Path folder = null;
        try {
            // below /tmp, where Debian's AppArmor profile lets passt make its socket
            folder = Files.createTempDirectory(Path.of("/tmp"), "xenolith-passt");
            giveAway(folder);
            Path socket = folder.resolve("socket");
            Path said = folder.resolve("said");
            List<String> command = new ArrayList<>();
            command.add(program.toString());
            command.addAll(List.of("--foreground", "--one-off", "--socket", socket.toString()));
            command.addAll(options);
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(said.toFile())
                            .start();
            process.getOutputStream().close();
            return new PasstProcess(process, connect(process, socket, said), folder);
        } catch (IOException e) {
            remove(folder);
            throw new ToolException("passt cannot be started: " + e.getMessage(), e);
        } catch (ToolException | InterruptedException e) {
            remove(folder);
            throw e;
        }
    }

    /** Started by root, passt becomes nobody before it makes its socket. */
    private static void giveAway(Path folder) throws IOException {
        if (Files.getOwner(folder).getName().equals("root")) {
            Files.setOwner(
                    folder,
                    folder.getFileSystem()
                            .getUserPrincipalLookupService()
                            .lookupPrincipalByName("nobody"));
        }
    }

    private static FrameStream connect(Process process, Path socket, Path said)
            throws ToolException, InterruptedException {
        long end = System.nanoTime() + START_MILLIS * 1_000_000;
        while (true) {
            SocketChannel channel = null;
            try {
                channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                channel.connect(UnixDomainSocketAddress.of(socket));
                return new FrameStream(channel);
            } catch (IOException e) {
                closeQuietly(channel);
            }
            boolean ended = process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            if (ended || System.nanoTime() > end) {
                process.destroyForcibly();
                throw new ToolException(
                        "passt "
                                + (ended ? "ended at once" : "did not open its socket")
                                + "; it said: "
                                + words(said));
            }
        }
    }

    private static void closeQuietly(@org.jspecify.annotations.Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // never was open
        }
    }

    private static String words(Path said) {
        try (Stream<String> lines = Files.lines(said)) {
            List<String> all = lines.filter(l -> !l.isBlank() && !l.contains(SYSLOG)).toList();
            return all.isEmpty()
                    ? "nothing"
                    : String.join("; ", all.subList(Math.max(0, all.size() - 3), all.size()));
        } catch (IOException | UncheckedIOException e) {
            return "nothing that could be read";
        }
    }

    private static void remove(@org.jspecify.annotations.Nullable Path folder) {
        if (folder == null) {
            return;
        }
        try {
            for (String name : List.of("socket", "said")) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // a folder of /tmp that is left behind does no harm
        }
    }

    /** The frames. */
    FrameStream stream() {
        return stream;
    }

    /** The last words of the process, for messages. */
    String words() {
        return words(folder.resolve("said"));
    }

    /** Ends the process. */
    @Override
    public void close() {
        stream.close();
        process.destroy();
        remove(folder);
    }
}
