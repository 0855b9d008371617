package xenolith.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * One boot to the shell's prompt.
 *
 * @param seconds from the start of the process to the first prompt
 * @param peakMib its largest resident set until then, in MiB
 */
record TimedBoot(double seconds, double peakMib) {
    private static final Pattern PROMPT = Pattern.compile("(?:^|\n|\r)[~/][^\r\n]{0,40} ?# $");
    private static final int TAIL = 256;

    /** Runs {@code command} until it shows a prompt, then ends it. */
    static TimedBoot of(List<String> command, long mostSeconds)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        Thread watch = Thread.ofPlatform().daemon().start(() -> end(process, mostSeconds));
        try {
            String tail = untilPrompt(process.getInputStream());
            double seconds = (System.nanoTime() - start) / 1e9;
            return new TimedBoot(seconds, peak(process.pid(), tail));
        } finally {
            process.destroyForcibly();
            process.waitFor();
            watch.interrupt();
        }
    }

    private static void end(Process process, long mostSeconds) {
        try {
            if (!process.waitFor(mostSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String untilPrompt(InputStream in) throws IOException {
        StringBuilder tail = new StringBuilder();
        byte[] buffer = new byte[4096];
        for (int n; (n = in.read(buffer)) > 0; ) {
            tail.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
            if (tail.length() > TAIL) {
                tail.delete(0, tail.length() - TAIL);
            }
            // A terminal is asked for its cursor before the prompt: colours and requests go.
            String plain = tail.toString().replaceAll("\u001b\\[[0-9;?]*[A-Za-z]", "");
            if (PROMPT.matcher(plain).find()) {
                return plain;
            }
        }
        throw new IOException("no prompt; the last output was:\n" + tail);
    }

    /** VmHWM, of the process and of those that it started. */
    private static double peak(long pid, String tail) throws IOException {
        double kib = 0;
        List<ProcessHandle> all =
                ProcessHandle.of(pid).stream()
                        .flatMap(p ->
                                java.util.stream.Stream.concat(
                                        java.util.stream.Stream.of(p), p.descendants()))
                        .toList();
        for (ProcessHandle p : all) {
            Path status = Path.of("/proc", Long.toString(p.pid()), "status");
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    kib += Double.parseDouble(line.replaceAll("[^0-9]", ""));
                }
            }
        }
        if (kib == 0) {
            throw new IOException("the process ended at its prompt:\n" + tail);
        }
        return kib / 1024;
    }
}
