package xenolith.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/**
 * A configuration file, and settings that hold instead of its, as create and config-update take
 * them.
 *
 * @param settings in the syntax of xl.cfg, one a line
 */
record ConfigWords(Path file, String settings) {
    /**
     * Of {@code words}: the file first, unless it is {@code named} by an option, then KEY=VALUE.
     */
    static ConfigWords of(@Nullable Path named, List<String> words) throws ToolException {
        List<String> rest = new ArrayList<>(words);
        Path file = named;
        if (file == null) {
            if (rest.isEmpty()) {
                throw new ToolException("Name a configuration file.");
            }
            file = Path.of(rest.removeFirst());
        }
        StringBuilder more = new StringBuilder();
        for (String word : rest) {
            more.append(setting(word)).append('\n');
        }
        return new ConfigWords(file, more.toString());
    }

    /** Adds them to a request. */
    void addTo(Map<String, Object> request) throws ToolException {
        request.put("file", file.toAbsolutePath().toString());
        try {
            request.put("config", Files.readString(file));
        } catch (IOException e) {
            throw new ToolException(file + " cannot be read: " + e.getMessage() + ".", e);
        }
        request.put("overrides", settings);
    }

    /** A setting of the command line as one of a file: a word needs no quotes here. */
    private static String setting(String words) throws ToolException {
        int at = words.indexOf('=');
        if (at <= 0) {
            throw new ToolException("'" + words + "' is not KEY=VALUE.");
        }
        String value = words.substring(at + 1).trim();
        boolean whole = value.matches("-?(0x)?\\d+|\\[.*|'.*|\".*");
        return words.substring(0, at) + "=" + (whole ? value : "'" + value + "'");
    }
}
