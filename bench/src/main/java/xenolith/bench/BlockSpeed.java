package xenolith.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
 * A guest's disk past its page cache ({@code bench/guest/block}): 1 MiB one after another, 4 KiB
 * anywhere one at a time, and writes each made safe, in Xenolith by blkfront and in QEMU's software
 * processor by virtio, in turn, on a file of this machine. The guest verifies every block it reads.
 *
 * <p>The first word is the folder of the project, then options: {@code --runs N} (3) boots of each,
 * {@code --mb N} (256) of the disk, {@code --operations N} (5000), {@code --format raw|qcow2},
 * {@code --folder F} for the disk (the project's own target), {@code --engine NAME}, {@code --only
 * xenolith}. Of each boot the second turn counts.
 */
public final class BlockSpeed {
    /**
     * Xen 4.17.7 in QEMU 7.2's software processor with tsc_mode="native", a RAM disk of domain 0,
     * measured on 2026-11-22 on another machine of 2 cores. Named for comparison, not measured
     * here.
     */
    private static final Map<String, Double> REAL_XEN =
            Map.of("read-1m", 331.0, "write-1m", 331.0, "read-4k", 1201.0);

    private static final Pattern RESULT = Pattern.compile("block (\\S+) (\\d+) (\\d+) (\\d+)\\s*");
    private static final int GUEST_MIB = 512;

    private final Map<String, String> options = new LinkedHashMap<>();
    private final Path house;

    /** By rival, then by row: a value for each boot, in MB or operations a second. */
    private final Map<String, Map<String, List<Double>>> results = new LinkedHashMap<>();

    private BlockSpeed(String[] words) {
        house = Path.of(words[0]);
        for (int i = 1; i + 1 < words.length; i += 2) {
            options.put(words[i], words[i + 1]);
        }
    }

    public static void main(String[] words)
            throws IOException, InterruptedException, ToolException {
        new BlockSpeed(words).run();
    }

    private String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    private void run() throws IOException, InterruptedException, ToolException {
        SuiteFiles files = new SuiteFiles(house);
        Path ramdisk = files.guest("block", List.of("xen-blkfront", "virtio_blk", "virtio_pci"));
        String folder = option("--folder", files.target().toString());
        List<Rival> rivals = new ArrayList<>();
        for (String name : option("--only", Rival.XENOLITH + "," + Rival.TCG).split(",", -1)) {
            Path disk = Path.of(folder, "disk-" + name);
            rivals.add(
                    name.equals(Rival.TCG)
                            ? tcg(files.kernel(), ramdisk, disk)
                            : xenolith(files.kernel(), ramdisk, disk));
        }
        for (int i = 0; i < Integer.parseInt(option("--runs", "3")); i++) {
            for (Rival rival : rivals) {
                boot(rival, Path.of(folder, "disk-" + rival.name()));
            }
        }
        results.values().iterator().next().keySet().forEach(this::say);
    }

    private String line(String console, String device) {
        return "console=%s rdinit=/block/init mitigations=off quiet loglevel=1 panic=-1"
                        .formatted(console)
                + " DISK=%s MB=%s OPERATIONS=%s"
                        .formatted(device, option("--mb", "256"), option("--operations", "5000"));
    }

    private Rival xenolith(Path kernel, Path ramdisk, Path disk) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                house.resolve("xenolith").toString(),
                                "run",
                                "--kernel",
                                kernel.toString(),
                                "--ramdisk",
                                ramdisk.toString(),
                                "--memory",
                                Integer.toString(GUEST_MIB),
                                "--disk",
                                disk + "," + option("--format", "raw") + ",xvda,w",
                                "--append",
                                line("hvc0", "/dev/xvda")));
        if (options.containsKey("--engine")) {
            command.addAll(List.of("--engine", option("--engine", "")));
        }
        return new Rival(Rival.XENOLITH, command, GUEST_MIB);
    }

    private Rival tcg(Path kernel, Path ramdisk, Path disk) {
        return new Rival(
                Rival.TCG,
                Qemu.tcg(
                        GUEST_MIB,
                        kernel.toString(),
                        ramdisk.toString(),
                        line("ttyS0", "/dev/vda"),
                        List.of(
                                "-drive",
                                "if=virtio,file=" + disk + ",format=" + option("--format", "raw"))),
                GUEST_MIB);
    }

    /** A disk of nothing, for each boot anew. */
    private void makeDisk(Path disk) throws IOException, InterruptedException {
        Files.deleteIfExists(disk);
        String mb = option("--mb", "256");
        if (option("--format", "raw").equals("raw")) {
            try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
                file.setLength(Long.parseLong(mb) << 20);
            }
        } else {
            SuiteFiles.run(
                    List.of("qemu-img", "create", "-q", "-f", "qcow2", disk.toString(), mb + "M"),
                    "make a disk; it takes qemu-utils");
        }
    }

    private void boot(Rival rival, Path disk) throws IOException, InterruptedException {
        makeDisk(disk);
        Process process =
                new ProcessBuilder(rival.command())
                        .redirectErrorStream(true)
                        .redirectInput(new File("/dev/null"))
                        .start();
        Map<String, Double> last = new LinkedHashMap<>();
        StringBuilder said = new StringBuilder();
        boolean done = false;
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                process.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (String line; (line = lines.readLine()) != null; ) {
                said.append(line).append('\n');
                done |= line.startsWith("block done");
                Matcher m = RESULT.matcher(line);
                if (m.matches()) {
                    last.put(m.group(1), rate(m));
                }
            }
        } finally {
            process.destroyForcibly();
            process.waitFor();
            Files.deleteIfExists(disk);
        }
        if (!done) {
            throw new IOException(
                    "The guest of " + rival.name() + " did not finish; it said:\n" + said);
        }
        Map<String, List<Double>> rows =
                results.computeIfAbsent(rival.name(), n -> new LinkedHashMap<>());
        last.forEach((row, v) -> rows.computeIfAbsent(row, n -> new ArrayList<>()).add(v));
    }

    /** MB a second of large transfers, operations a second of small ones. */
    private static double rate(Matcher m) {
        double seconds = Long.parseLong(m.group(2)) / 1e9;
        boolean large = m.group(1).endsWith("1m");
        return Long.parseLong(m.group(large ? 3 : 4)) / seconds / (large ? 1e6 : 1);
    }

    private void say(String row) {
        StringBuilder text = new StringBuilder();
        String unit = row.endsWith("1m") ? "MB/s" : "a second";
        double ours = 0;
        for (Map.Entry<String, Map<String, List<Double>>> rival : results.entrySet()) {
            List<Double> sorted =
                    rival.getValue().getOrDefault(row, List.of(Double.NaN)).stream()
                            .sorted()
                            .toList();
            double median = sorted.get(sorted.size() / 2);
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%s %10.1f %s (%.1f to %.1f)",
                            rival.getKey(),
                            median,
                            unit,
                            sorted.getFirst(),
                            sorted.getLast()));
            if (rival.getKey().equals(Rival.XENOLITH)) {
                ours = median;
                text.append("; ");
            } else {
                text.append(String.format(Locale.ROOT, ", %.2f times as good here", ours / median));
            }
        }
        Double real = REAL_XEN.get(row);
        if (real != null) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "; real Xen in QEMU TCG, another day and machine: %.0f, %.1f times",
                            real,
                            ours / real));
        }
        System.out.printf("%-9s %s%n", row, text);
    }
}
