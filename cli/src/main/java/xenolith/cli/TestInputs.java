package xenolith.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import xenolith.toolstack.ToolException;

/** Finds the guests that the words of a command line mean. */
final class TestInputs {
    private TestInputs() {}

    /** Each word that is a folder is replaced by the configurations in it, by name. */
    static List<Path> expand(List<Path> words) throws ToolException {
        List<Path> all = new ArrayList<>();
        for (Path word : words) {
            if (!Files.exists(word)) {
                throw new ToolException("There is no " + word + ".");
            }
            if (Files.isDirectory(word)) {
                List<Path> found = configurations(word);
                if (found.isEmpty()) {
                    throw new ToolException("The folder " + word + " holds no file *.cfg.");
                }
                all.addAll(found);
            } else {
                all.add(word);
            }
        }
        return all;
    }

    private static List<Path> configurations(Path folder) throws ToolException {
        try (var files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(".cfg"))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new ToolException("The folder " + folder + " cannot be read.", e);
        }
    }
}
