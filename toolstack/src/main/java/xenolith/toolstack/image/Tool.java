package xenolith.toolstack.image;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import xenolith.toolstack.guest.GuestException;

/** A program of this machine. */
final class Tool {
    private static final int LAST_LINES = 12;

    /** Programs of file systems lie where ordinary users do not look. */
    private static final String MORE_FOLDERS = ":/usr/local/sbin:/usr/sbin:/sbin";

    private final Path program;

    private Tool(Path program) {
        this.program = program;
    }

    /** The folders of programs. */
    private static String path() {
        return System.getenv().getOrDefault("PATH", "/usr/bin:/bin") + MORE_FOLDERS;
    }

    /** The program {@code name}, if this machine has it. */
    static Optional<Tool> find(String name) {
        return Pattern.compile(":")
                .splitAsStream(path())
                .filter(p -> p.startsWith("/"))
                .map(p -> Path.of(p, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Tool::new);
    }

    /** The program {@code name} of Debian's package {@code toolPackage}. */
    static Tool need(String name, String toolPackage) throws GuestException {
        return find(name)
                .orElseThrow(() ->
                        new GuestException(
                                "This machine has no "
                                        + name
                                        + ", which makes the disk: 'apt-get install "
                                        + toolPackage
                                        + "' as root brings it."));
    }

    Path program() {
        return program;
    }

    /**
     * Runs it to its end.
     *
     * @param lines is shown each line that it prints
     * @throws GuestException with its last words, if it fails
     */
    void run(List<String> arguments, Consumer<String> lines) throws GuestException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().put("PATH", path());
        Deque<String> last = new ArrayDeque<>();
        Process process = null;
        try {
            process = builder.start();
            try (BufferedReader out =
                    new BufferedReader(
                            new InputStreamReader(
                                    process.getInputStream(), StandardCharsets.UTF_8))) {
                for (String line; (line = out.readLine()) != null; ) {
                    lines.accept(line);
                    last.addLast(line);
                    if (last.size() > LAST_LINES) {
                        last.removeFirst();
                    }
                }
            }
            int status = process.waitFor();
            if (status != 0) {
                throw new GuestException(failure(status, last));
            }
        } catch (IOException e) {
            throw new GuestException(program + " cannot be run: " + e.getMessage() + ".", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GuestException(program + " was interrupted.", e);
        } finally {
            if (process != null) {
                process.destroy();
            }
        }
    }

    private String failure(int status, Deque<String> last) {
        boolean full = last.stream().anyMatch(l -> l.contains("No space left on device"));
        return program.getFileName()
                + " failed with status "
                + status
                + (full ? ", because there is no space left" : "")
                + ". Its last words:\n"
                + String.join("\n", Stream.concat(last.stream(), Stream.of("")).toList()).strip();
    }
}
