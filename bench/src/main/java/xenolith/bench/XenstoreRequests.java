package xenolith.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import xenolith.toolstack.ToolException;

/**
 * What requests to xenstore cost a process of a guest that waits for each reply ({@code
 * bench/guest/xenstore}). The first word is the folder of the project, then options: {@code --runs
 * N} (3) boots, {@code --engine NAME}. Each boot measures thrice; the last time counts.
 */
public final class XenstoreRequests {
    /**
     * Microseconds on Xen 4.17.7 in QEMU 7.2's software processor, domU to dom0's xenstored, by
     * xenstore-read and -write's library, with tsc_mode="native"; measured on 2026-11-22 on another
     * machine of 2 cores. Named for comparison, not measured here.
     */
    private static final Map<String, Integer> REAL_XEN = Map.of("read", 1286, "write", 1330);

    private static final Pattern RESULT = Pattern.compile("xenstore (\\w+) (\\d+) (\\d+)\\s*");

    private XenstoreRequests() {}

    public static void main(String[] words)
            throws IOException, InterruptedException, ToolException {
        Path house = Path.of(words[0]);
        int runs = 3;
        List<String> more = new ArrayList<>();
        for (int i = 1; i + 1 < words.length; i += 2) {
            switch (words[i]) {
                case "--runs" -> runs = Integer.parseInt(words[i + 1]);
                case "--engine" -> more.addAll(List.of("--engine", words[i + 1]));
                default -> throw new IllegalArgumentException("There is no option " + words[i]);
            }
        }
        SuiteFiles files = new SuiteFiles(house);
        List<String> command =
                new ArrayList<>(
                        List.of(
                                house.resolve("xenolith").toString(),
                                "run",
                                "--kernel",
                                files.kernel().toString(),
                                "--ramdisk",
                                files.guest("xenstore", List.of()).toString(),
                                "--append",
                                "console=hvc0 rdinit=/xenstore/init mitigations=off quiet"));
        command.addAll(more);
        Map<String, List<Long>> results = new LinkedHashMap<>();
        for (int i = 0; i < runs; i++) {
            boot(command)
                    .forEach((k, v) -> results.computeIfAbsent(k, n -> new ArrayList<>()).add(v));
        }
        if (results.isEmpty()) {
            throw new IOException("The guest measured nothing.");
        }
        results.forEach(XenstoreRequests::say);
    }

    private static void say(String name, List<Long> nanoseconds) {
        List<Long> sorted = nanoseconds.stream().sorted().toList();
        double us = sorted.get(sorted.size() / 2) / 1000.0;
        Integer real = REAL_XEN.get(name);
        String beside =
                real == null
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; real Xen in QEMU TCG, another day and machine: %d us, %.0f times"
                                        + " as long",
                                real,
                                real / us);
        System.out.printf(
                Locale.ROOT,
                "%-12s %8.1f us, %8.0f a second (median of %d boots, %.1f to %.1f)%s%n",
                name,
                us,
                1e6 / us,
                sorted.size(),
                sorted.getFirst() / 1000.0,
                sorted.getLast() / 1000.0,
                beside);
    }

    /** The last result of each kind, in nanoseconds. */
    private static Map<String, Long> boot(List<String> command)
            throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(new java.io.File("/dev/null"))
                        .start();
        Map<String, Long> last = new LinkedHashMap<>();
        StringBuilder said = new StringBuilder();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                process.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (String line; (line = lines.readLine()) != null; ) {
                Matcher m = RESULT.matcher(line);
                if (m.matches()) {
                    last.put(m.group(1), Long.parseLong(m.group(2)));
                } else {
                    said.append(line).append('\n');
                }
            }
        }
        if (process.waitFor() != 0) {
            throw new IOException("The guest ended badly:\n" + said);
        }
        return last;
    }
}
