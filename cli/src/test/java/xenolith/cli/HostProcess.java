package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;

/**
 * A host in a process of its own, started in the background as a user does, and commands of this
 * process to it. {@link #close} ends it.
 */
final class HostProcess implements AutoCloseable {
    private static final Pattern PROCESS = Pattern.compile("\\(process (\\d+),");

    /** How long a busy machine may take for what takes a moment. */
    private static final Duration WAIT = Duration.ofMinutes(2);

    private static final int LOOK_MILLIS = 50;

    private final Path folder;
    private final ProcessHandle process;

    /** What the last command printed. */
    private String out = "";

    private String err = "";

    /** Command of a process that is xenolith with the JVM's options that users have. */
    static List<String> command() {
        return new ArrayList<>(
                List.of(
                        "sh",
                        "-c",
                        ". ../scripts/jvm-flags.sh && exec \"$0\" $jvm_flags \"$@\"",
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "-XX:+UseSerialGC",
                        "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classes(),
                        Main.class.getName()));
    }

    /** Starts one whose socket, log and core files are below {@code folder}. */
    HostProcess(Path folder, String... options) throws IOException, InterruptedException {
        this.folder = folder;
        List<String> command = command();
        command.addAll(
                List.of(
                        "host",
                        "--daemon",
                        "--socket",
                        socket().toString(),
                        "--log",
                        log().toString()));
        command.addAll(Arrays.asList(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(new File("/dev/null"));
        builder.environment().put("XDG_STATE_HOME", folder.toString());
        Process start = builder.start();
        String said = new String(start.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(start.waitFor()).as(said).isZero();
        Matcher m = PROCESS.matcher(said);
        assertThat(m.find()).as(said).isTrue();
        process = ProcessHandle.of(Long.parseLong(m.group(1))).orElseThrow();
    }

    private static String classes() {
        return String.join(
                File.pathSeparator,
                Stream.of("jdk.module.path", "java.class.path")
                        .map(System::getProperty)
                        .filter(Objects::nonNull)
                        .filter(path -> !path.isEmpty())
                        .toList());
    }

    private Path socket() {
        return folder.resolve("host");
    }

    private Path log() {
        return folder.resolve("host.log");
    }

    /** Where core files of crashed domains go. */
    Path dumps() {
        return folder.resolve("xenolith/dump");
    }

    /** What the host said so far. */
    String said() throws IOException {
        return Files.readString(log());
    }

    /** Runs a command, which must succeed; answers what it printed. */
    String xl(String... words) throws IOException {
        assertThat(status(words)).as("%s: %s%s", List.of(words), out, err).isZero();
        return out;
    }

    /** Runs a command; answers its exit status. */
    int status(String... words) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ByteArrayOutputStream complaints = new ByteArrayOutputStream();
        int status = run(printed, complaints, words);
        out = printed.toString(StandardCharsets.UTF_8);
        err = complaints.toString(StandardCharsets.UTF_8);
        return status;
    }

    private int run(ByteArrayOutputStream printed, ByteArrayOutputStream said, String... words) {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(1, List.of("--socket", socket().toString()));
        return Main.run(
                all.toArray(String[]::new),
                new Streams(
                        new ByteArrayInputStream(new byte[0]),
                        new PrintStream(printed, true, StandardCharsets.UTF_8),
                        new PrintStream(said, true, StandardCharsets.UTF_8)));
    }

    /** Runs a command again and again until what it prints has {@code pattern}. */
    void await(String pattern, String... words) throws IOException, InterruptedException {
        long end = System.nanoTime() + WAIT.toNanos();
        Pattern p = Pattern.compile(pattern);
        while (!p.matcher(xl(words)).find()) {
            assertThat(System.nanoTime())
                    .as("%s does not print %s in %s: %s", List.of(words), pattern, WAIT, out)
                    .isLessThan(end);
            Thread.sleep(LOOK_MILLIS);
        }
    }

    /** The console of domain {@code name}, from its beginning, as soon as there is one. */
    Screen console(String name) throws ToolException, InterruptedException {
        HostClient client = new HostClient(socket());
        long end = System.nanoTime() + WAIT.toNanos();
        while (true) {
            try {
                return new Screen(client, name, client.console(name, false));
            } catch (ToolException e) { // not made yet
                if (System.nanoTime() > end) {
                    throw e;
                }
                Thread.sleep(LOOK_MILLIS);
            }
        }
    }

    /** What the host knows of its domains' processors, channels and grants, for messages. */
    private static String scene(HostClient client) {
        try {
            client.call("POST", "/v1/host/debug-keys", Map.of("keys", "dqer"));
            return client.text("GET", "/v1/domains", "")
                    + client.text("GET", "/v1/host/messages", "").replace("\",\"", "\n");
        } catch (ToolException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** What a domain prints, and its keyboard. */
    static final class Screen implements AutoCloseable {
        private final HostClient client;
        private final String name;
        private final HostClient.Reply reply;
        private final StringBuilder text = new StringBuilder();
        private int seen;
        private boolean ended;

        private Screen(HostClient client, String name, HostClient.Reply reply) {
            this.client = client;
            this.name = name;
            this.reply = reply;
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            byte[] buffer = new byte[8192];
            try {
                for (int n; (n = reply.body().read(buffer)) > 0; ) {
                    print(new String(buffer, 0, n, StandardCharsets.ISO_8859_1), false);
                }
            } catch (IOException e) {
                print("", true);
                return;
            }
            print("", true);
        }

        private synchronized void print(String more, boolean end) {
            text.append(more);
            ended |= end;
            notifyAll();
        }

        /** Waits until it prints {@code what}, after what was waited for before. */
        synchronized void expect(String what, Duration atMost) throws InterruptedException {
            long end = System.nanoTime() + atMost.toNanos();
            int at;
            while ((at = text.indexOf(what, seen)) < 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                if (ended || left <= 0) {
                    fail(
                            "\"%s\" does not come from %s in %s (ended: %s):%n%s%n%s",
                            what, name, atMost, ended, text, scene(client));
                }
                wait(left);
            }
            seen = at + what.length();
        }

        void type(String words) throws ToolException {
            client.type(name, words.getBytes(StandardCharsets.ISO_8859_1));
        }

        @Override
        public void close() {
            reply.hangUp();
        }
    }

    /** Ends the host by its command, and waits for its process. */
    void stop() throws IOException {
        xl("host", "--stop");
        process.onExit().orTimeout(WAIT.toSeconds(), TimeUnit.SECONDS).join();
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(WAIT.toSeconds(), TimeUnit.SECONDS).join();
    }
}
