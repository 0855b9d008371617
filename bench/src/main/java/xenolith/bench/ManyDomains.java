package xenolith.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;

/**
 * A host in the background with many domains: made by its socket, listed, audited and destroyed.
 * Words: the command xenolith, how many domains (1000).
 */
public final class ManyDomains {
    private static final int MIB = 4;
    private static final int IDLE_SECONDS = 5;
    private static final Pattern PROCESS = Pattern.compile("\\(process (\\d+),");

    private final Path folder;
    private final String command;
    private final int domains;
    private final HostClient client;

    private ManyDomains(Path folder, String command, int domains) {
        this.folder = folder;
        this.command = command;
        this.domains = domains;
        this.client = new HostClient(folder.resolve("socket"));
    }

    public static void main(String[] words) throws Exception {
        int domains = words.length > 1 ? Integer.parseInt(words[1]) : 1000;
        Path folder = Files.createTempDirectory("xenolith");
        Files.write(folder.resolve("waits"), DomainLives.guest(false));
        ManyDomains many = new ManyDomains(folder, words[0], domains);
        ProcessHandle host = many.start();
        try {
            many.live(host);
            many.run("host", "--stop", "--socket", many.client.socket().toString());
            host.onExit().get(60, TimeUnit.SECONDS);
        } finally {
            host.destroy();
            for (String file : List.of("waits", "log")) {
                Files.deleteIfExists(folder.resolve(file));
            }
            folder.toFile().deleteOnExit();
        }
    }

    private String run(String... words) throws IOException, InterruptedException {
        List<String> all = new java.util.ArrayList<>(List.of(command));
        all.addAll(List.of(words));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        String said =
                new String(
                        process.getInputStream().readAllBytes(),
                        java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", all) + " failed: " + said);
        }
        return said;
    }

    private ProcessHandle start() throws IOException, InterruptedException {
        String said =
                run(
                        "host",
                        "--daemon",
                        "--socket",
                        client.socket().toString(),
                        "--log",
                        folder.resolve("log").toString(),
                        "--memory",
                        Long.toString((MIB + 1L) * domains + 64));
        Matcher m = PROCESS.matcher(said);
        if (!m.find()) {
            throw new IOException("The host does not say its process: " + said);
        }
        return ProcessHandle.of(Long.parseLong(m.group(1))).orElseThrow();
    }

    private void live(ProcessHandle host) throws ToolException, IOException, InterruptedException {
        long begin = System.nanoTime();
        for (int i = 0; i < domains; i++) {
            client.call("POST", "/v1/domains", request(i));
        }
        say("making %d domains", begin);
        begin = System.nanoTime();
        long lines = run("list", "--socket", client.socket().toString()).lines().count();
        say("xenolith list of %d domains", begin);
        if (lines != domains + 2) {
            throw new IllegalStateException("the list has " + lines + " lines");
        }
        begin = System.nanoTime();
        if (!List.of().equals(client.call("GET", "/v1/host/audit", null).get("differences"))) {
            throw new IllegalStateException("the audit found differences");
        }
        say("auditing %d domains, clean", begin);
        long cpu = cpu(host);
        Thread.sleep(IDLE_SECONDS * 1000L);
        System.out.printf(
                Locale.ROOT,
                "idle: %.1f %% of a processor, %.0f MiB beyond the guests' memory%n",
                (cpu(host) - cpu) / 1e7 / IDLE_SECONDS,
                ProcessMemory.beyondGuest(host.pid(), (MIB + 1) * domains).orElse(Double.NaN));
        begin = System.nanoTime();
        for (int i = 0; i < domains; i++) {
            client.call("DELETE", "/v1/domains/d" + i, Map.of());
        }
        say("destroying %d domains", begin);
    }

    private Map<String, Object> request(int number) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("file", folder.resolve("many.cfg").toString());
        m.put("config", "kernel='waits'\nmemory=" + MIB + "\n");
        m.put("overrides", "name='d" + number + "'\n");
        return m;
    }

    private static long cpu(ProcessHandle host) {
        return host.info().totalCpuDuration().orElseThrow().toNanos();
    }

    private void say(String what, long begin) {
        System.out.printf(
                Locale.ROOT, what + ": %.2f s%n", domains, (System.nanoTime() - begin) / 1e9);
    }
}
