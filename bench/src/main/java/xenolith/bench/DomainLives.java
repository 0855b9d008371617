package xenolith.bench;

import static xenolith.testkit.asm.Reg.RAX;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.socket.HostClient;
import xenolith.toolstack.socket.HostSocket;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/**
 * How long a domain takes from the request to create it to its first instruction, and to be
 * destroyed, on a host in this JVM; then how long a host takes to make, list and destroy many.
 *
 * <p>Words: how many of each size (100), how many at once (1000).
 */
public final class DomainLives {
    private static final long[] SIZES_MIB = {4, 64, 256};
    private static final int SMALL_MIB = 4;
    private static final int REST_MILLIS = 200;

    private DomainLives() {}

    /** Its first instructions end it, or else it waits for ever. */
    static byte[] guest(boolean ends) {
        GuestKit k = new GuestKit("life");
        var a = k.a;
        if (ends) {
            a.mov(4, Mem.at(k.area("why", 8)), 0);
            k.hypercallOn(Xen.SCHED_OP, Xen.SCHED_SHUTDOWN, "why");
        } else {
            a.label("wait").mov(RAX, 0);
            k.hypercall(Xen.SCHED_OP, Xen.SCHED_BLOCK, 0);
            a.jmp("wait");
        }
        k.begin();
        return k.image();
    }

    public static void main(String[] words) throws Exception {
        int times = words.length > 0 ? Integer.parseInt(words[0]) : 100;
        int many = words.length > 1 ? Integer.parseInt(words[1]) : 1000;
        Path folder = Files.createTempDirectory("xenolith");
        try {
            Path ends = Files.write(folder.resolve("short"), guest(true));
            Path waits = Files.write(folder.resolve("waits"), guest(false));
            for (long mib : SIZES_MIB) {
                one(ends, waits, mib, times, false);
                one(ends, waits, mib, times, true);
            }
            atOnce(folder, waits, many);
        } finally {
            for (String name : List.of("short", "waits")) {
                Files.deleteIfExists(folder.resolve(name));
            }
            Files.delete(folder);
        }
        System.exit(0);
    }

    private static DomainSpec spec(Path kernel, long mib, int number) {
        return DomainSpec.defaults()
                .with(b -> {
                    b.name = "d" + number;
                    b.uuid = new UUID(1, number);
                    b.kernel = Optional.of(kernel);
                    b.memoryMib = mib;
                    b.maxMemoryMib = mib;
                });
    }

    /**
     * One after another.
     *
     * @param rests whether the host has time in between, in which it clears the frames of the dead
     */
    private static void one(Path ends, Path waits, long mib, int times, boolean rests)
            throws Exception {
        double[] starts = new double[times];
        double[] successors = new double[times];
        double[] destroys = new double[times];
        try (Host host = Host.start(HostSettings.of(2 * mib + 64, 1), List.of())) {
            for (int i = 0; i < times; i++) {
                if (rests) {
                    Thread.sleep(REST_MILLIS);
                }
                starts[i] = life(host, spec(ends, mib, i));
                successors[i] = life(host, spec(ends, mib, i));
                DomainSpec other = spec(waits, mib, i);
                try (BootFiles files = BootLoader.plain().open(other)) {
                    GuestDomain guest = host.create(other, files, false);
                    long before = System.nanoTime();
                    guest.destroy();
                    destroys[i] = (System.nanoTime() - before) / 1e6;
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "%4d MiB%s: create to the end of a guest whose first instructions end it %.1f ms"
                        + " (worst %.1f), of another just behind it %.1f ms (worst %.1f), destroy"
                        + " %.1f ms (worst %.1f)%n",
                mib,
                rests ? ", after a rest" : "",
                median(starts),
                worst(starts),
                median(successors),
                worst(successors),
                median(destroys),
                worst(destroys));
    }

    /** Milliseconds from the request for a domain to its end. */
    private static double life(Host host, DomainSpec spec) throws Exception {
        long begin = System.nanoTime();
        try (BootFiles files = BootLoader.plain().open(spec)) {
            host.create(spec, files, false).end().get();
            return (System.nanoTime() - begin) / 1e6;
        }
    }

    private static void atOnce(Path folder, Path kernel, int many) throws Exception {
        Path socket = folder.resolve("socket");
        try (Host host = Host.start(HostSettings.of((SMALL_MIB + 1L) * many + 64, 1), List.of());
                HostSocket _ = HostSocket.open(socket, host, BootLoader.plain());
                BootFiles files = BootLoader.plain().open(spec(kernel, SMALL_MIB, 0))) {
            long begin = System.nanoTime();
            for (int i = 0; i < many; i++) {
                host.create(spec(kernel, SMALL_MIB, i), files, false);
            }
            say("making %d domains", many, begin);
            HostClient client = new HostClient(socket);
            for (int i = 0; i < 3; i++) {
                begin = System.nanoTime();
                if (!(client.call("GET", "/v1/domains", null).get("domains") instanceof List<?> all)
                        || all.size() != many) {
                    throw new IllegalStateException("not all domains are listed");
                }
                say("listing %d domains", many, begin);
            }
            begin = System.nanoTime();
            if (!host.audit().isEmpty()) {
                throw new IllegalStateException("the audit found differences");
            }
            say("auditing %d domains", many, begin);
            Runtime jvm = Runtime.getRuntime();
            System.out.printf(
                    Locale.ROOT, "heap %d MiB%n", jvm.totalMemory() - jvm.freeMemory() >> 20);
            begin = System.nanoTime();
            host.domains().forEach(GuestDomain::destroy);
            say("destroying %d domains", many, begin);
        }
    }

    private static void say(String what, int count, long begin) {
        System.out.printf(
                Locale.ROOT, what + ": %.2f s%n", count, (System.nanoTime() - begin) / 1e9);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double worst(double[] values) {
        return Arrays.stream(values).max().orElse(0);
    }
}
