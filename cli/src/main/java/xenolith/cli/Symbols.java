package xenolith.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/** Names of a kernel's addresses, from a System.map (the output of nm). */
final class Symbols {
    private final TreeMap<Long, String> names = new TreeMap<>(Long::compareUnsigned);

    private Symbols() {}

    static Symbols read(Path path) throws ToolException {
        Symbols symbols = new Symbols();
        try (var lines = Files.lines(path, java.nio.charset.StandardCharsets.ISO_8859_1)) {
            lines.forEach(symbols::add);
        } catch (IOException | java.io.UncheckedIOException e) {
            throw new ToolException("The symbols " + path + " cannot be read.", e);
        }
        if (symbols.names.size() < 2) {
            throw new ToolException(
                    path
                            + " holds no symbols; Debian has the real System.map in the package"
                            + " linux-image-...-dbg.");
        }
        return symbols;
    }

    static Symbols of(Map<Long, String> known) {
        Symbols symbols = new Symbols();
        symbols.names.putAll(known);
        return symbols;
    }

    private void add(String line) {
        int first = line.indexOf(' ');
        int second = line.indexOf(' ', first + 1);
        if (first == 16 && second == 18) {
            char type = Character.toLowerCase(line.charAt(17));
            if (type == 't' || type == 'w') {
                try {
                    names.put(
                            Long.parseUnsignedLong(line.substring(0, 16), 16),
                            line.substring(19).strip());
                } catch (NumberFormatException e) {
                    return; // not a line of nm
                }
            }
        }
    }

    /** Such as "schedule+0x12", or null. */
    @Nullable String name(long address) {
        Map.Entry<Long, String> e = names.floorEntry(address);
        if (e == null || address - e.getKey() > 0x100000 || address - e.getKey() < 0) {
            return null;
        }
        long offset = address - e.getKey();
        return offset == 0 ? e.getValue() : e.getValue() + "+0x" + Long.toHexString(offset);
    }
}
