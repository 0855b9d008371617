package xenolith.toolstack.xenstore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code xenstore-ls -fp} printed on a host with Xen 4.17.7, Debian 12 and one running PV
 * guest with a disk, a network card and a console.
 */
final class ReferenceTree {
    private static final Pattern LINE = Pattern.compile("(\\S+) = \"(.*)\" {3}\\((.*)\\)");

    private ReferenceTree() {}

    /** Value and permissions of a node, as printed. */
    record Line(String value, String permissions) {}

    static Map<String, Line> read() throws IOException {
        try (InputStream in =
                ReferenceTree.class.getResourceAsStream("/xen-4.17/xenstore-ls-fp.txt")) {
            if (in == null) {
                throw new IOException("no reference file");
            }
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    /** Parses what {@code xenstore-ls -fp} prints, in its order. */
    static Map<String, Line> parse(String text) {
        Map<String, Line> lines = new LinkedHashMap<>();
        for (String line : text.split("\n", -1)) {
            Matcher m = LINE.matcher(line);
            if (m.matches()) {
                lines.put(m.group(1), new Line(m.group(2), m.group(3)));
            } else if (!line.isEmpty()) {
                throw new IllegalArgumentException(line);
            }
        }
        return lines;
    }

    /** As {@code xenstore-ls -fp} prints {@code store}. */
    static String print(StoreAccess store) {
        StringBuilder text = new StringBuilder();
        print(store, "", text);
        return text.toString();
    }

    private static void print(StoreAccess store, String path, StringBuilder text) {
        for (String name : store.directory(path.isEmpty() ? "/" : path)) {
            String child = path + "/" + name;
            text.append(child).append(" = \"").append(store.read(child));
            text.append("\"   (").append(store.permissions(child)).append(")\n");
            print(store, child, text);
        }
    }
}
