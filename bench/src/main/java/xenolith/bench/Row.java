package xenolith.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A row of the suite's table.
 *
 * @param name its name, one word
 * @param packages Debian packages that it needs in the ramdisk
 * @param command what the guest runs
 */
record Row(String name, List<String> packages, String command) {
    /**
     * The rows of {@code text}, the file {@code bench/guest/table}: a line each of name, packages
     * separated by commas or "-", and command. Empty lines and those starting with # say nothing.
     */
    static List<Row> read(String text) {
        List<Row> rows = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            String[] words = line.strip().split("\\s+", 3);
            if (words.length < 3) {
                throw new IllegalStateException("not a row of the suite: " + line);
            }
            List<String> packages =
                    words[1].equals("-") ? List.of() : List.of(words[1].split(",", -1));
            rows.add(new Row(words[0], packages, words[2]));
        }
        return rows;
    }

    /** This row as the guest's shell reads it. */
    String line() {
        return name + " - " + command + "\n";
    }
}
