package xenolith.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One boot of a rival through all rows. It prints lines that start with @, see {@code
 * bench/guest/files/run}; others are the kernel's. Of a row's turns the last one counts.
 */
final class SuiteRun {
    /** The pseudo row of the time from the start of the process to the first program. */
    static final String BOOT = "boot";

    private static final Pattern LINE =
            Pattern.compile("@(begin|start|row|late|bad|end)(?: (\\S+) (\\d+) ?(.*))?");
    private static final Pattern RESULT = Pattern.compile("([0-9a-f]{16}) (\\d+)");
    private static final long BOOT_SECONDS = 600;
    private static final long GRACE_SECONDS = 20;

    /** Nanoseconds by which two clocks may differ; starting a turn takes longer than that. */
    private static final long SLACK = 100_000_000;

    private final Map<String, Outcome> outcomes = new LinkedHashMap<>();
    private final BiConsumer<String, Outcome> progress;
    private final AtomicLong deadline = new AtomicLong();
    private final Process process;
    private final int guestMib;
    private final long mostSeconds;
    private final long start = System.nanoTime();
    private long turnStart;
    private long cpuStart;
    private OptionalDouble beyondMib = OptionalDouble.empty();
    private boolean ended;

    private SuiteRun(
            Process process, int guestMib, long mostSeconds, BiConsumer<String, Outcome> progress) {
        this.process = process;
        this.guestMib = guestMib;
        this.mostSeconds = mostSeconds;
        this.progress = progress;
    }

    /**
     * What a boot came to.
     *
     * @param outcomes of each row, and of the boot
     * @param beyondMib memory of the process behind the last row, without its guest's, in MiB
     */
    record Report(Map<String, Outcome> outcomes, OptionalDouble beyondMib) {}

    /** Runs {@code rival} through {@code rows}; {@code progress} is told each as it comes. */
    static Report of(
            Rival rival, List<Row> rows, long mostSeconds, BiConsumer<String, Outcome> progress)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(rival.command()).redirectErrorStream(true).start();
        SuiteRun run = new SuiteRun(process, rival.guestMib(), mostSeconds, progress);
        run.allow(BOOT_SECONDS);
        Thread watch = Thread.ofPlatform().daemon().start(() -> run.watch());
        Thread hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
        StringBuilder tail = new StringBuilder();
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(
                                process.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (String line; !run.ended && (line = in.readLine()) != null; ) {
                run.read(line);
                tail.append(line).append('\n');
                tail.delete(0, Math.max(0, tail.length() - 2000));
            }
        } finally {
            watch.interrupt();
            end(process);
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        if (!run.ended) {
            System.err.printf("%s stopped; its last output was:%n%s", rival.name(), tail);
        }
        for (Row row : rows) {
            if (!run.outcomes.containsKey(row.name())) {
                run.put(row.name(), new Outcome.Late());
            }
        }
        return new Report(run.outcomes, run.beyondMib);
    }

    /** Reads one line of the output. */
    private void read(String line) {
        Matcher m = LINE.matcher(line.strip());
        int at = line.indexOf('@');
        if (at > 0) {
            m = LINE.matcher(line.substring(at).strip());
        }
        if (!m.matches()) {
            return;
        }
        switch (m.group(1)) {
            case "begin" -> {
                allow(mostSeconds + GRACE_SECONDS);
                put(BOOT, new Outcome.Measured("", System.nanoTime() - start, cpu()));
            }
            case "start" -> {
                allow(mostSeconds + GRACE_SECONDS);
                turnStart = System.nanoTime();
                cpuStart = cpu();
            }
            case "row" ->
                    put(
                            m.group(2),
                            result(m.group(4), System.nanoTime() - turnStart, cpu() - cpuStart));
            case "late" -> put(m.group(2), new Outcome.Late());
            case "bad" -> put(m.group(2), new Outcome.Bad(m.group(4)));
            default -> {
                beyondMib = ProcessMemory.beyondGuest(process.pid(), guestMib);
                ended = true;
            }
        }
    }

    /** Times are the guest's own; one that the host's clock contradicts is no result. */
    static Outcome result(String text, long hostNanos, long cpuNanos) {
        Matcher m = RESULT.matcher(text.strip());
        if (!m.matches()) {
            return new Outcome.Bad("no result: " + text);
        }
        long nanos = Long.parseLong(m.group(2));
        boolean contradicted = nanos > hostNanos + SLACK || hostNanos > 2 * nanos + 20 * SLACK;
        return contradicted
                ? new Outcome.Bad(
                        "clock: %.3f s in the guest, %.3f s outside"
                                .formatted(nanos / 1e9, hostNanos / 1e9))
                : new Outcome.Measured(m.group(1), nanos, cpuNanos);
    }

    /** Processor time of the process so far. */
    private long cpu() {
        return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    private void put(String row, Outcome outcome) {
        outcomes.put(row, outcome);
        progress.accept(row, outcome);
    }

    private void allow(long seconds) {
        deadline.set(System.nanoTime() + seconds * 1_000_000_000);
    }

    /** Ends the process when a row's time is over and its guest did not end the row by itself. */
    private void watch() {
        try {
            while (System.nanoTime() < deadline.get()) {
                Thread.sleep(200);
            }
            end(process);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void end(Process process) throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        process.waitFor();
    }
}
