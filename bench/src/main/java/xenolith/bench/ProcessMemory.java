package xenolith.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Memory of a running process (Linux: proc(5), smaps). */
final class ProcessMemory {
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) .*");
    private static final Pattern RESIDENT = Pattern.compile("Rss: +(\\d+) kB");

    private ProcessMemory() {}

    /**
     * What process {@code pid} has in memory, in MiB, without mappings of {@code guestMib} or more:
     * those are its guest's memory. Nothing if it cannot be known.
     */
    static OptionalDouble beyondGuest(long pid, int guestMib) {
        Path smaps = Path.of("/proc", Long.toString(pid), "smaps");
        try {
            return OptionalDouble.of(beyondGuest(Files.readAllLines(smaps), guestMib));
        } catch (IOException e) {
            return OptionalDouble.empty();
        }
    }

    static double beyondGuest(List<String> smaps, int guestMib) {
        boolean guest = false;
        long kib = 0;
        for (String line : smaps) {
            Matcher mapping = MAPPING.matcher(line);
            Matcher resident = RESIDENT.matcher(line);
            if (mapping.matches()) {
                long start = Long.parseUnsignedLong(mapping.group(1), 16);
                long end = Long.parseUnsignedLong(mapping.group(2), 16);
                guest = end - start >>> 20 >= guestMib;
            } else if (resident.matches() && !guest) {
                kib += Long.parseLong(resident.group(1));
            }
        }
        return kib / 1024.0;
    }
}
