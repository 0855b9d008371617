package xenolith.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.netback.VifKind;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** A host in counted time with a bridge and tiny guests, each with one card. */
final class Cards implements AutoCloseable {
    private static final int GUEST_MIB = 4;
    private static final int MOST_GUESTS = 64;

    final List<String> log = new CopyOnWriteArrayList<>();
    final Host host;
    private final Network network;
    private final Map<String, Guest> guests = new LinkedHashMap<>();

    /** A guest and all it printed. */
    static final class Guest {
        final GuestDomain domain;
        private final BootFiles files;
        private final StringBuilder text = new StringBuilder();

        private Guest(GuestDomain domain, BootFiles files) {
            this.domain = domain;
            this.files = files;
            domain.console()
                    .attach((bytes, n) ->
                            print(new String(bytes, 0, n, StandardCharsets.ISO_8859_1)));
        }

        private synchronized void print(String more) {
            text.append(more);
            notifyAll();
        }

        synchronized String text() {
            return text.toString();
        }

        /** The nanoseconds that it printed, in hexadecimal, before {@code words}. */
        synchronized long nanos(String words) {
            String before = text.substring(0, text.indexOf(words));
            return Long.parseLong(before.substring(before.lastIndexOf("\n") + 1), 16);
        }

        /** Waits until it has printed {@code words}, or is gone. */
        synchronized void expect(String words, List<String> log) throws InterruptedException {
            long end = System.nanoTime() + 60_000_000_000L;
            while (text.indexOf(words) < 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                assertThat(left)
                        .as("\"%s\" of %s behind:%n%s%n%s", words, domain.name(), text, log)
                        .isPositive();
                wait(left);
            }
        }
    }

    Cards(EngineKind engine, long seed) throws ToolException {
        network =
                new Network(
                        List.of(new Network.Plan("xenbr0", new WayOut.None())),
                        new Random(seed),
                        true,
                        log::add);
        host =
                Host.start(
                        new HostSettings(
                                MOST_GUESTS * (GUEST_MIB + 1),
                                seed,
                                HostConfig.TimeMode.VIRTUAL,
                                engine,
                                Set.of(),
                                false,
                                line -> {}),
                        List.of(new VifKind(network, log::add)));
    }

    /** Creates a guest, paused, with the card {@link Pinger#mac} {@code number}. */
    Guest create(String name, byte[] image, int number) throws ToolException, ControlException {
        DomainSpec spec =
                DomainSpec.defaults()
                        .with(b -> {
                            b.name = name;
                            b.uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
                            b.memoryMib = GUEST_MIB;
                            b.maxMemoryMib = GUEST_MIB;
                            b.vifs =
                                    List.of(
                                            new Value.Text(
                                                    new Position("test.cfg", 1, 1),
                                                    "mac=" + Pinger.mac(number)));
                        });
        BootFiles files =
                new BootFiles(
                        KernelImage.of(image, name, UnpackCache.none()), Ramdisk.none(), name, "");
        Guest guest = new Guest(host.create(spec, files, true), files);
        guests.put(name, guest);
        return guest;
    }

    /** Lets all guests run, from the same moment on. */
    void start() throws ToolException, ControlException {
        host.call(() -> {
            for (Guest guest : guests.values()) {
                guest.domain.unpause();
            }
            return true;
        });
    }

    List<Guest> guests() {
        return new ArrayList<>(guests.values());
    }

    @Override
    public void close() {
        host.close();
        guests.values().forEach(g -> g.files.close());
    }
}
