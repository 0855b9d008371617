package xenolith.bench;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import xenolith.hypervisor.control.ControlException;
import xenolith.testkit.net.Pinger;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.NetworkTable;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.netback.VifKind;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/**
 * Many tiny guests of one host, in a ring: each pings its neighbour, after it has asked for its
 * address by ARP, and answers the other. Words: how many guests (50, at most 254), echoes of each
 * (1000).
 */
public final class ManyPings {
    private static final int GUEST_MIB = 4;
    private static final int MOST_SECONDS = 600;

    private final int guests;
    private final int echoes;
    private final List<BootFiles> images = new ArrayList<>();
    private final CountDownLatch left;

    private ManyPings(int guests, int echoes) {
        this.guests = guests;
        this.echoes = echoes;
        this.left = new CountDownLatch(guests);
    }

    public static void main(String[] words) throws Exception {
        int guests = words.length > 0 ? Integer.parseInt(words[0]) : 50;
        int echoes = words.length > 1 ? Integer.parseInt(words[1]) : 1000;
        new ManyPings(guests, echoes).run();
        System.exit(0);
    }

    private void run() throws ToolException, ControlException, InterruptedException {
        Network network =
                new Network(
                        List.of(new Network.Plan(Network.DEFAULT_BRIDGE, new WayOut.None())),
                        new Random(1),
                        true,
                        System.err::println);
        VifKind cards = new VifKind(network, System.err::println);
        HostSettings settings = HostSettings.of((long) guests * (GUEST_MIB + 1), 1);
        try (Host host = Host.start(settings, List.of(cards))) {
            long start = System.nanoTime();
            List<GuestDomain> all = new ArrayList<>();
            for (int i = 1; i <= guests; i++) {
                all.add(create(host, i));
            }
            System.out.printf(
                    Locale.ROOT,
                    "%d domains with a card created in %.2f s%n",
                    guests,
                    seconds(start));
            start = System.nanoTime();
            Duration used = processorTime();
            for (GuestDomain domain : all) {
                domain.unpause();
            }
            if (!left.await(MOST_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(left.getCount() + " guests lack answers");
            }
            report(seconds(start), processorTime().minus(used));
            long frames =
                    host.call(() ->
                            NetworkTable.rows(network).stream()
                                    .mapToLong(r -> r.counters().rxFrames())
                                    .sum());
            List<String> differences = host.audit();
            System.out.printf(
                    Locale.ROOT,
                    "%d frames came in; audit: %s%n",
                    frames,
                    differences.isEmpty() ? "clean" : differences);
        }
        images.forEach(BootFiles::close);
    }

    private static double seconds(long since) {
        return (System.nanoTime() - since) / 1e9;
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private void report(double seconds, Duration used) {
        double total = (double) guests * echoes;
        System.out.printf(
                Locale.ROOT,
                "%d echoes of each answered in %.2f s: %.0f a second in all, %.1f us each, of which"
                        + " %.1f us of processor time%n",
                echoes,
                seconds,
                total / seconds,
                1e6 * seconds / total,
                used.toNanos() / 1e3 / total);
    }

    private GuestDomain create(Host host, int number) throws ToolException, ControlException {
        String name = "pinger" + number;
        DomainSpec spec =
                DomainSpec.defaults()
                        .with(b -> {
                            b.name = name;
                            b.uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
                            b.memoryMib = GUEST_MIB;
                            b.maxMemoryMib = GUEST_MIB;
                            Position at = new Position("the benchmark", 1, 1);
                            b.vifs = List.of(new Value.Text(at, "mac=" + Pinger.mac(number)));
                        });
        byte[] image = new Pinger(number, number % guests + 1, echoes, false).image();
        BootFiles files =
                new BootFiles(
                        KernelImage.of(image, name, UnpackCache.none()), Ramdisk.none(), "", "");
        images.add(files);
        GuestDomain domain = host.create(spec, files, true);
        StringBuilder said = new StringBuilder();
        domain.console()
                .attach((bytes, length) -> {
                    said.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
                    if (said.indexOf(Pinger.DONE) >= 0) {
                        said.setLength(0);
                        left.countDown();
                    }
                });
        return domain;
    }
}
