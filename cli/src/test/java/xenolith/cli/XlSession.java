package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.socket.HostSocket;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** A host with its socket for each test, and commands as a user types them. */
abstract class XlSession {
    @TempDir Path folder = Path.of(".");

    @SuppressWarnings("NullAway.Init") // before each test
    Host host;

    @SuppressWarnings("NullAway.Init") // before each test
    private HostSocket socket;

    /** What the last command printed. */
    String out = "";

    /** What it complained of. */
    String err = "";

    /** The devices that domains can have. */
    List<DeviceKind> kinds() throws ToolException {
        return List.of();
    }

    @BeforeEach
    void start() throws ToolException {
        host = Host.start(HostSettings.of(64, 1), kinds());
        socket = HostSocket.open(path(), host, BootLoader.plain());
    }

    @AfterEach
    void stop() {
        socket.close();
        host.close();
    }

    final Path path() {
        return folder.resolve("s").resolve("h");
    }

    /** Runs a command; answers its exit status. */
    final int xl(String... words) {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        ByteArrayOutputStream e = new ByteArrayOutputStream();
        List<String> all = new ArrayList<>(Arrays.asList(words));
        int command = 0;
        while (words[command].startsWith("-")) {
            command++;
        }
        all.addAll(command + 1, List.of("--socket", path().toString()));
        int status =
                Main.run(
                        all.toArray(String[]::new),
                        new Streams(
                                new ByteArrayInputStream(new byte[0]),
                                new PrintStream(o, true, StandardCharsets.UTF_8),
                                new PrintStream(e, true, StandardCharsets.UTF_8)));
        out = o.toString(StandardCharsets.UTF_8);
        err = e.toString(StandardCharsets.UTF_8);
        assertThat(err).doesNotContain("\tat ").doesNotContain("defect");
        return status;
    }

    /** Runs a command that must fail with {@code sentence}. */
    final void refused(String sentence, String... words) {
        assertThat(xl(words)).isEqualTo(1);
        assertThat(err).startsWith("xenolith: ").contains(sentence);
        assertThat(err.lines()).as(err).hasSize(1);
    }

    /** Writes the configuration of a domain of 4 MiB, with {@code more} lines. */
    final String config(String name, TinyKernel kernel, String more) throws IOException {
        kernel.write(folder.resolve(name + ".bin"));
        Path file = folder.resolve(name + ".cfg");
        Files.writeString(
                file, "name='" + name + "'\nkernel='" + name + ".bin'\nmemory=4\n" + more + "\n");
        return file.toString();
    }

    /** One whose kernel runs for ever. */
    final String loop(String name) throws IOException {
        return config(name, new TinyKernel().code("ebfe"), "");
    }
}
