package xenolith.cli;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;

/** Starts this command again in the background, in a session of its own. */
final class Daemon {
    private static final int SECONDS = 60;
    private static final int LOOK_MILLIS = 50;
    private static final Path SETSID = Path.of("/usr/bin/setsid");

    private Daemon() {}

    /** Starts the host of {@code socket} and waits until it answers. */
    static void start(Path socket, @Nullable Path log, PrintWriter err)
            throws ToolException, IOException {
        HostClient client = new HostClient(socket);
        if (client.alive()) {
            throw new ToolException("A host is running already at " + socket + ".");
        }
        File said =
                log == null ? Files.createTempFile("xenolith-host", ".log").toFile() : log.toFile();
        Process process =
                new ProcessBuilder(command())
                        .redirectInput(new File("/dev/null"))
                        .redirectOutput(said)
                        .redirectErrorStream(true)
                        .start();
        try {
            for (int i = 0; i < SECONDS * 1000 / LOOK_MILLIS; i++) {
                if (client.alive()) {
                    err.println(
                            "xenolith: a host is running at "
                                    + socket
                                    + " (process "
                                    + process.pid()
                                    + ", its messages are in "
                                    + said
                                    + ")");
                    return;
                }
                if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                    throw new ToolException(
                            "The host could not start: " + Files.readString(said.toPath()).trim());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new ToolException("The host does not answer at " + socket + "; see " + said + ".");
    }

    /** This process's own command line but for --daemon. */
    private static List<String> command() throws ToolException {
        List<String> self = self();
        if (self.isEmpty()) {
            throw new ToolException(
                    "This system does not tell a process its command line; start the host without"
                            + " --daemon and with '&'.");
        }
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(SETSID)) {
            command.add(SETSID.toString());
        }
        self.stream().filter(word -> !word.equals("--daemon")).forEach(command::add);
        return command;
    }

    /** By Linux itself: the JDK looks at the first page of it only, and ours is longer soon. */
    private static List<String> self() {
        try {
            byte[] words = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            String text =
                    new String(
                            words,
                            Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")));
            return List.of(text.replaceFirst("\0$", "").split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }
}
