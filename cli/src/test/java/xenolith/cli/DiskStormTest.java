package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.testkit.guests.DiskStorm;
import xenolith.toolstack.block.BlockKind;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.xenbus.XenbusState;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** Disks of guests of the real hypervisor that do all they can to break their back end. */
@Timeout(120)
class DiskStormTest {
    private static final int DISK_BYTES = 1 << 20;
    private static final int ROUNDS = 10_000;
    private static final int CONNECTIONS = 10_000;
    private static final Pattern READY = Pattern.compile("storm ([0-9a-f]+)");

    @TempDir Path folder;

    private Value.Text disk(String name, int seed) throws IOException {
        byte[] bytes = new byte[DISK_BYTES];
        new Random(seed).nextBytes(bytes);
        Path file = Files.write(folder.resolve(name), bytes);
        return new Value.Text(new Position("test.cfg", 1, 1), file + ",raw,xvda,rw");
    }

    private DomainSpec spec(String name, byte[] image, Value.Text disk) throws IOException {
        Path kernel = Files.write(folder.resolve(name + ".bin"), image);
        return DomainSpec.defaults()
                .with(b -> {
                    b.name = name;
                    b.uuid = new UUID(9, name.hashCode());
                    b.kernel = Optional.of(kernel);
                    b.memoryMib = 8;
                    b.maxMemoryMib = 8;
                    b.disks = List.of(disk);
                });
    }

    /** Publishes the front end's part of the guest's disk, and connects. */
    private static void publish(Host host, int domid, int ref, int port) throws Exception {
        host.call(() -> {
            write(host.store(), domid, "ring-ref", ref);
            write(host.store(), domid, "event-channel", port);
            write(host.store(), domid, "feature-persistent", 1);
            write(host.store(), domid, "state", XenbusState.CONNECTED.value());
            return true;
        });
    }

    private static void write(Store store, int domid, String name, Object value) {
        store.write("/local/domain/" + domid + "/device/vbd/51712/" + name, value.toString());
    }

    /** Gathers what {@code guest} says; the answer is the port that it names. */
    private static CompletableFuture<Integer> port(GuestDomain guest, StringBuilder said) {
        CompletableFuture<Integer> port = new CompletableFuture<>();
        guest.console()
                .attach((bytes, n) -> {
                    said.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
                    Matcher m = READY.matcher(said);
                    if (m.find() && said.indexOf("\n", m.end()) >= 0) {
                        port.complete(Integer.parseInt(m.group(1), 16));
                    }
                });
        return port;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void aStormBreaksNothing(long seed) throws Exception {
        DomainSpec spec = spec("storm", DiskStorm.image(ROUNDS, seed), disk("a.img", 1));
        byte[] other = Files.readAllBytes(Path.of(disk("b.img", 2).text().split(",", 2)[0]));
        try (BlockKind blocks = new BlockKind(line -> {});
                Host host = Host.start(HostSettings.of(64, seed), List.of(blocks));
                BootFiles files = BootLoader.plain().open(spec)) {
            long free = host.freeMib();
            GuestDomain guest = host.create(spec, files, true);
            StringBuilder said = new StringBuilder();
            CompletableFuture<Integer> port = port(guest, said);
            guest.unpause();
            publish(host, guest.domid(), DiskStorm.RING_REF, port.get(120, TimeUnit.SECONDS));
            while (!guest.end().isDone()) {
                assertThat(host.audit()).isEmpty();
                Thread.sleep(100);
            }
            assertThat(guest.end().get().reason()).contains(ShutdownReason.POWEROFF);
            assertThat(said.toString()).endsWith("Test result: SUCCESS\r\n");
            assertThat(host.audit()).isEmpty();
            assertThat(host.freeMib()).isEqualTo(free);
            assertThat(host.messages()).noneMatch(line -> line.contains("defect"));
        }
        byte[] own = Files.readAllBytes(folder.resolve("a.img"));
        assertThat(own).hasSize(DISK_BYTES);
        byte[] before = new byte[DISK_BYTES];
        new Random(1).nextBytes(before);
        assertThat(Arrays.equals(own, before)).as("nothing was ever written").isFalse();
        assertThat(Files.readAllBytes(folder.resolve("b.img"))).isEqualTo(other);
    }

    @Test
    void tenThousandConnectionsLeaveNothing() throws Exception {
        DomainSpec spec = spec("still", still(), disk("a.img", 1));
        try (BlockKind blocks = new BlockKind(line -> {});
                Host host = Host.start(HostSettings.of(64, 1), List.of(blocks));
                BootFiles files = BootLoader.plain().open(spec)) {
            long free = host.freeMib();
            GuestDomain guest = host.create(spec, files, true);
            int domid = guest.domid();
            long mfn = guest.call(control -> lastFrame(control));
            int port =
                    guest.call(control -> {
                        control.write(mfn, 0, new byte[4096], 0, 4096);
                        control.seedGrant(8, 0, mfn);
                        return control.allocateUnbound(0);
                    });
            String backend = "/local/domain/0/backend/vbd/" + domid + "/51712/state";
            List<String> calm = state(guest, host);
            for (int i = 0; i < CONNECTIONS; i++) {
                host.call(() -> {
                    write(host.store(), domid, "state", XenbusState.INITIALISING.value());
                    return true;
                });
                publish(host, domid, 8, port);
                assertThat(host.call(() -> host.store().read(backend)))
                        .isEqualTo(XenbusState.CONNECTED.value());
                host.call(() -> {
                    write(host.store(), domid, "state", XenbusState.CLOSED.value());
                    return true;
                });
            }
            assertThat(host.audit()).isEmpty();
            assertThat(state(guest, host)).isEqualTo(calm);
            guest.destroy();
            assertThat(host.audit()).isEmpty();
            assertThat(host.freeMib()).isEqualTo(free);
        }
    }

    /** A frame that the domain builder has put nothing into. */
    private static long lastFrame(DomainControl control) {
        long[] mfns = control.physicalMap().mfns();
        return mfns[mfns.length - 1];
    }

    /** What the hypervisor says of ports and grants in use. */
    private static List<String> state(GuestDomain guest, Host host) throws Exception {
        guest.call(DomainControl::domid);
        host.clearMessages();
        host.debugKey('e');
        host.debugKey('g');
        return host.messages();
    }

    private byte[] still() throws IOException {
        return Files.readAllBytes(
                new TinyKernel().code("ebfe").write(folder.resolve("still.kernel")));
    }
}
