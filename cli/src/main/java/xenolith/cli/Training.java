package xenolith.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import xenolith.testkit.guests.TinyGuest;
import xenolith.testkit.guests.TinyGuests;

/**
 * What the launcher runs once after a build, so that the JVM keeps the classes that a start needs,
 * and what was called often, in a cache (docs/decisions/0010): the commands, with small guests.
 */
final class Training {
    /** Tiny guests that are run, from the first: they cover most hypercalls and traps. */
    private static final int GUESTS = 20;

    private Training() {}

    /** Runs it; what the guests print is lost. */
    public static void main(String[] args) throws IOException {
        Path folder = Files.createTempDirectory("xenolith");
        try {
            tinyGuests(folder);
        } finally {
            remove(folder);
        }
        command("help\nmemory\nevents\ntime\nhalt\n", "run", "--kernel", "demo");
        command("", "doctor");
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

    private static Path write(Path folder, TinyGuest guest) {
        try {
            return Files.write(folder.resolve(guest.name()), guest.image());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
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
