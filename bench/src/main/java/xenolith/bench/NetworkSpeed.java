package xenolith.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.PasstPort;
import xenolith.toolstack.netback.VifKind;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/**
 * Ping and TCP between two Debian guests of one host, and between a guest and this machine by
 * passt, by a small program in the guests ({@code bench/guest/network}) that checks each byte.
 *
 * <p>The first word is the folder of the project, then options: {@code --runs N} (1) hosts, {@code
 * --only guest} (not to this machine), {@code --mb N} (100) of a stream, {@code --rounds N} (2000)
 * of one byte, {@code --mtu N} (1500), {@code --most SECONDS} (900) for one host.
 */
public final class NetworkSpeed {
    /**
     * Xen 4.17.7 in QEMU 7.2's software processor with tsc_mode="native", domU to domU and domU to
     * dom0, measured on 2026-11-22 on another machine of 2 cores. Named for comparison, not
     * measured here.
     */
    private static final Map<String, Double> REAL_XEN =
            Map.of(
                    "guest ping", 4.4,
                    "guest send", 60.0,
                    "guest receive", 60.0,
                    "guest echo", 417.0,
                    "host ping", 3.2,
                    "host send", 129.0,
                    "host receive", 123.0,
                    "host echo", 653.0);

    private static final Pattern TO = Pattern.compile("network to (\\w+)\\s*");
    private static final Pattern PING = Pattern.compile("network ping ([0-9.]+)\\s*");
    private static final Pattern RESULT =
            Pattern.compile("network (echo|send|receive) (\\d+) (\\d+)\\s*");
    private static final long GUEST_MIB = 192;

    private final Map<String, String> options = new LinkedHashMap<>();
    private final Path house;
    private final Map<String, List<Double>> results = new LinkedHashMap<>();
    private final StringBuilder said = new StringBuilder();
    private String to = "";

    private NetworkSpeed(String[] words) {
        house = Path.of(words[0]);
        for (int i = 1; i + 1 < words.length; i += 2) {
            options.put(words[i], words[i + 1]);
        }
    }

    public static void main(String[] words) throws Exception {
        NetworkSpeed speed = new NetworkSpeed(words);
        for (int i = 0; i < speed.number("--runs", 1); i++) {
            speed.run(i + 1);
        }
        speed.results.forEach(NetworkSpeed::say);
        System.exit(speed.results.isEmpty() ? 1 : 0);
    }

    private int number(String option, int otherwise) {
        return Integer.parseInt(options.getOrDefault(option, Integer.toString(otherwise)));
    }

    private void run(int seed) throws IOException, InterruptedException, ToolException {
        CacheFolder cache = CacheFolder.of(System.getenv());
        SuiteFiles files = new SuiteFiles(house);
        Path ramdisk = files.guest("network", List.of("xen-netfront"));
        Network network = new Network(Network.usual(), new Random(seed), true, System.err::println);
        HostSettings settings = HostSettings.of(2 * GUEST_MIB, seed);
        VifKind cards = new VifKind(network, System.err::println);
        try (StreamServer server = new StreamServer();
                KernelImage kernel =
                        KernelImage.open(files.kernel(), UnpackCache.in(cache.kernels()));
                Ramdisk one = Ramdisk.read(ramdisk);
                Ramdisk two = Ramdisk.read(ramdisk);
                Host host = Host.start(settings, List.of(cards))) {
            String common =
                    "console=hvc0 rdinit=/network/init mitigations=off quiet MTU="
                            + number("--mtu", 1500)
                            + " MB="
                            + number("--mb", 100)
                            + " ROUNDS="
                            + number("--rounds", 2000);
            String outside =
                    PasstPort.available() && !options.containsValue("guest")
                            ? " HOST=" + PasstPort.GATEWAY + " PORT=" + server.port()
                            : "";
            create(host, kernel, two, "answers", common + " ADDRESS=10.0.0.2 OUTSIDE=10.0.2.16");
            GuestDomain asks =
                    create(
                            host,
                            kernel,
                            one,
                            "asks",
                            common + " ADDRESS=10.0.0.1 OUTSIDE=10.0.2.15 PEER=10.0.0.2" + outside);
            asks.end().get(number("--most", 900), TimeUnit.SECONDS);
            List<String> differences = host.audit();
            if (!differences.isEmpty()) {
                throw new IOException("The audit found: " + differences);
            }
        } catch (ControlException
                | java.util.concurrent.ExecutionException
                | java.util.concurrent.TimeoutException e) {
            throw new IOException("The guests did not finish; they said:\n" + said, e);
        }
    }

    private GuestDomain create(
            Host host, KernelImage kernel, Ramdisk ramdisk, String name, String line)
            throws ToolException, ControlException {
        DomainSpec spec =
                DomainSpec.defaults()
                        .with(b -> {
                            b.name = name;
                            b.uuid =
                                    java.util.UUID.nameUUIDFromBytes(
                                            name.getBytes(StandardCharsets.UTF_8));
                            b.memoryMib = GUEST_MIB;
                            b.cmdline = line;
                            b.vifs =
                                    List.of(
                                            new Value.Text(
                                                    new Position("the benchmark", 1, 1),
                                                    "mtu=" + number("--mtu", 1500)));
                        });
        GuestDomain domain = host.create(spec, new BootFiles(kernel, ramdisk, "", ""), true);
        StringBuilder line0 = new StringBuilder();
        domain.console()
                .attach((bytes, length) -> {
                    line0.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
                    for (int end; (end = line0.indexOf("\n")) >= 0; ) {
                        hear(name, line0.substring(0, end));
                        line0.delete(0, end + 1);
                    }
                });
        domain.unpause();
        return domain;
    }

    /** A line of a guest's console. On the host's thread. */
    private void hear(String name, String line) {
        said.append(name).append(": ").append(line).append('\n');
        Matcher who = TO.matcher(line);
        Matcher ping = PING.matcher(line);
        Matcher result = RESULT.matcher(line);
        if (who.matches()) {
            to = who.group(1);
        } else if (ping.matches()) {
            add("ping", Double.parseDouble(ping.group(1)));
        } else if (result.matches()) {
            double seconds = Long.parseLong(result.group(2)) / 1e9;
            double amount = Long.parseLong(result.group(3));
            boolean stream = !result.group(1).equals("echo");
            add(result.group(1), amount / seconds / (stream ? 1e6 : 1));
        }
    }

    private void add(String what, double value) {
        results.computeIfAbsent(to + " " + what, k -> new ArrayList<>()).add(value);
    }

    private static void say(String name, List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        double median = sorted.get(sorted.size() / 2);
        boolean ping = name.endsWith("ping");
        String unit = ping ? "ms" : name.endsWith("echo") ? "round trips a second" : "MB/s";
        Double real = REAL_XEN.get(name);
        String beside =
                real == null
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; real Xen in QEMU TCG, another day and machine: %.1f (%.1f times"
                                        + " as good here)",
                                real,
                                ping ? real / median : median / real);
        System.out.printf(
                Locale.ROOT,
                "to the %-14s %10.2f %s (median of %d, %.2f to %.2f)%s%n",
                name,
                median,
                unit,
                sorted.size(),
                sorted.getFirst(),
                sorted.getLast(),
                beside);
    }
}
