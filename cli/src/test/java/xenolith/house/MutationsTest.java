package xenolith.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The mutations that docs/holes.md tells of: that what they take away is still there, that none is
 * missing, and, with {@code -Dmutations=all} or some numbers ({@code scripts/mutations}), that each
 * makes its test fail.
 */
class MutationsTest {
    private static final Pattern ROW = Pattern.compile("^\\| ([0-9, ]+) \\|.*\\|(.*)\\|$");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    /** Classes of the libraries that tests need, beside those of the floors. */
    private static final List<String> LIBRARIES =
            List.of(
                    "org.junit.jupiter.api.Test",
                    "org.junit.jupiter.params.ParameterizedTest",
                    "org.junit.jupiter.engine.JupiterTestEngine",
                    "org.junit.platform.commons.util.ReflectionUtils",
                    "org.junit.platform.engine.TestEngine",
                    "org.junit.platform.launcher.Launcher",
                    "org.opentest4j.AssertionFailedError",
                    "org.assertj.core.api.Assertions");

    private static final String INTERNAL = "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED";

    @TempDir private Path folder = Path.of(".");

    @Test
    void eachTakesAwayWhatIsThereOnce() throws IOException {
        for (Mutation m : Mutation.all()) {
            assertThat(m.found()).as(m.name()).isNotEmpty();
            assertThat(m.source().split(Pattern.quote(m.found()), -1))
                    .as("%s: %s in %s", m.name(), m.found(), m.file())
                    .hasSize(2);
            assertThat(m.mutant()).as(m.name()).isNotEqualTo(m.source());
        }
    }

    @Test
    void eachRowOfTheHolesHasOne() throws IOException {
        Set<String> told = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("../docs/holes.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches() && !row.group(2).isBlank() && row.group(2).contains("`")) {
                numbers(row.group(1), told);
            }
        }
        Set<String> listed = new TreeSet<>();
        for (Mutation m : Mutation.all()) {
            if (Character.isDigit(m.name().charAt(0))) {
                numbers(m.name(), listed);
            }
        }
        assertThat(listed).as("mutations").isSubsetOf(told);
        assertThat(told).hasSizeGreaterThan(40);
        told.removeAll(listed);
        // What guards there is another row's.
        assertThat(told).containsOnly("183");
    }

    private static void numbers(String text, Set<String> to) {
        Matcher m = NUMBER.matcher(text);
        while (m.find()) {
            to.add(m.group());
        }
    }

    @TestFactory
    Stream<DynamicTest> eachMakesItsTestFail() throws IOException {
        List<String> wanted = Arrays.asList(System.getProperty("mutations", "").split(",", -1));
        return Mutation.all().stream()
                .filter(m -> wanted.contains("all") || wanted.contains(m.name().split(" ", 2)[0]))
                .map(m -> DynamicTest.dynamicTest(m.name(), () -> assertThat(said(m)).isOne()));
    }

    /** As {@link #run}, which takes a while: a line says what came of it. */
    private int said(Mutation m) throws IOException, InterruptedException, URISyntaxException {
        int status = run(m);
        System.out.println(m.name() + ": " + (status == 1 ? "noticed" : "NOT NOTICED"));
        return status;
    }

    /** Exit status of the test on the mutant. */
    private int run(Mutation m) throws IOException, InterruptedException, URISyntaxException {
        Path name = Objects.requireNonNull(Path.of(m.file()).getFileName());
        Path source = Files.createDirectories(folder.resolve(m.name())).resolve(name);
        Files.writeString(source, m.mutant());
        Path classes = Files.createDirectories(folder.resolve(m.name()).resolve("classes"));
        String path = classes + File.pathSeparator + classPath();
        int compiled =
                process(
                        folder,
                        "javac",
                        "-nowarn",
                        "-proc:none",
                        "-implicit:none",
                        "-Xlint:none",
                        INTERNAL,
                        "-d",
                        classes.toString(),
                        "-cp",
                        path,
                        source.toString());
        assertThat(compiled).as("%s compiles", m.name()).isZero();
        return process(
                Path.of("..", m.module()),
                "java",
                "-Xmx1500m",
                "-XX:TieredStopAtLevel=1",
                INTERNAL,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                path,
                MutantRun.class.getName(),
                m.test());
    }

    /** Exit status of a program of the JDK. */
    private static int process(Path where, String program, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", program).toString());
        command.addAll(Arrays.asList(arguments));
        return new ProcessBuilder(command).directory(where.toFile()).inheritIO().start().waitFor();
    }

    private static String classPath() throws IOException, URISyntaxException {
        Set<String> entries = new LinkedHashSet<>();
        for (String kind : List.of("classes", "test-classes")) {
            try (Stream<Path> modules = Files.list(Path.of(".."))) {
                modules.map(module -> module.resolve("target").resolve(kind))
                        .filter(Files::isDirectory)
                        .forEach(each -> entries.add(each.toAbsolutePath().normalize().toString()));
            }
        }
        for (String library : LIBRARIES) {
            entries.add(jarOf(library));
        }
        for (String property : List.of("java.class.path", "jdk.module.path")) {
            String value = System.getProperty(property);
            entries.addAll(value == null ? List.of() : jars(value));
        }
        return String.join(File.pathSeparator, entries);
    }

    private static List<String> jars(String path) {
        List<String> jars = new ArrayList<>();
        for (String entry : path.split(File.pathSeparator, -1)) {
            if (entry.endsWith(".jar") && !entry.contains("xenolith-")) {
                jars.add(entry);
            }
        }
        return jars;
    }

    private static String jarOf(String type) throws URISyntaxException {
        try {
            return Path.of(
                            Class.forName(type)
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI())
                    .toString();
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
