package xenolith.house;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One check of ours that is taken away, and the test that has to notice.
 *
 * @param name the numbers of the advisories, or what else the check is for
 * @param file the source, from the project's folder
 * @param test the class of tests
 * @param found what is in the source, once
 * @param replacement what takes its place
 */
record Mutation(String name, String file, String test, String found, String replacement) {
    private static final Path PROJECT = Path.of("..");

    /** All of them, from resource {@code house/mutations.txt}. */
    static List<Mutation> all() throws IOException {
        List<Mutation> all = new ArrayList<>();
        List<String> section = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("src/test/resources/house/mutations.txt"))) {
            if (line.startsWith("@")) {
                add(all, section);
                section.clear();
            }
            section.add(line);
        }
        add(all, section);
        return all;
    }

    private static void add(List<Mutation> all, List<String> section) {
        if (!section.isEmpty() && section.getFirst().startsWith("@ ")) {
            all.add(
                    new Mutation(
                            section.getFirst().substring(2),
                            lines(section, "file "),
                            lines(section, "test "),
                            lines(section, "-"),
                            lines(section, "+")));
        }
    }

    private static String lines(List<String> section, String prefix) {
        return String.join(
                "\n",
                section.stream()
                        .filter(line -> line.startsWith(prefix))
                        .map(line -> line.substring(prefix.length()))
                        .toList());
    }

    /** The module of the source: the name of its folder. */
    String module() {
        return file.substring(0, file.indexOf('/'));
    }

    String source() throws IOException {
        return Files.readString(PROJECT.resolve(file));
    }

    /** The source without the check. */
    String mutant() throws IOException {
        return source().replace(found, replacement);
    }
}
