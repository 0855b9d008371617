package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.PasstPort;
import xenolith.toolstack.netback.VifKind;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** Two Debian guests of one host, their cards driven by Debian's own xen-netfront. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NetworkGuestIT {
    private static final String PROMPT = "~ # ";
    private static final Duration BOOT = Duration.ofMinutes(10);
    private static final Duration COMMAND = Duration.ofMinutes(4);
    private static final long GUEST_MIB = 160;

    private final InetAddress loopback = InetAddress.getLoopbackAddress();

    @SuppressWarnings("NullAway.Init") // before all tests
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before all tests
    private KernelImage kernel;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Host host;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Terminal one;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Terminal two;

    private int forwarded;

    /** What a guest prints, and a keyboard. */
    private static final class Terminal {
        private final GuestDomain domain;
        private final StringBuilder text = new StringBuilder();
        private int seen;

        Terminal(GuestDomain domain) {
            this.domain = domain;
            domain.console().attach((bytes, length) -> print(bytes, length));
        }

        private synchronized void print(byte[] bytes, int length) {
            text.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
            notifyAll();
        }

        synchronized String expect(String what, Duration atMost) throws InterruptedException {
            long end = System.nanoTime() + atMost.toNanos();
            int at;
            while ((at = text.indexOf(what, seen)) < 0) {
                long left = (end - System.nanoTime()) / 1_000_000;
                assertThat(left).as("\"" + what + "\" comes behind:\n" + text).isPositive();
                wait(left);
            }
            String between = text.substring(seen, at);
            seen = at + what.length();
            return between;
        }

        /** Types {@code command}; what it prints up to the next prompt. */
        String ask(String command) throws InterruptedException {
            domain.console().type((command + "\n").getBytes(StandardCharsets.ISO_8859_1));
            return expect(PROMPT, COMMAND);
        }
    }

    @BeforeAll
    void boot(@TempDir Path temporary)
            throws ToolException, ControlException, IOException, InterruptedException {
        folder = temporary;
        CacheFolder cache = CacheFolder.of(System.getenv());
        DebianGuest debian = new DebianGuest(cache, line -> {});
        byte[] files;
        try {
            kernel =
                    KernelImage.open(
                            debian.kernel(DebianGuest.KERNEL_PACKAGE),
                            UnpackCache.in(cache.kernels()));
            files = debian.ramdisk(List.of(), DebianGuest.KERNEL_PACKAGE, List.of("xen-netfront"));
        } catch (ToolException e) {
            if (System.getenv("XENOLITH_REQUIRE_GUESTS") != null) {
                throw e;
            }
            Assumptions.abort("Debian's guest cannot be had here: " + e.getMessage());
            return;
        }
        Network network = new Network(Network.usual(), new Random(1), true, line -> {});
        network.capture("vif1.0", folder.resolve("vif1.0.pcap"));
        host =
                Host.start(
                        HostSettings.of(2 * GUEST_MIB, 1),
                        List.of(new VifKind(network, line -> {})));
        try (ServerSocket free = new ServerSocket(0, 1, loopback)) {
            forwarded = free.getLocalPort();
        }
        String card = PasstPort.available() ? "forward=" + forwarded + ":22" : "";
        one = new Terminal(create("one", card, files));
        two = new Terminal(create("two", "", files));
        for (Terminal guest : List.of(one, two)) {
            guest.domain.unpause();
        }
        for (Terminal guest : List.of(one, two)) {
            guest.expect(PROMPT, BOOT);
        }
    }

    private GuestDomain create(String name, String card, byte[] files)
            throws ToolException, ControlException {
        DomainSpec spec =
                DomainSpec.defaults()
                        .withName(name)
                        .withMemoryMib(GUEST_MIB)
                        .withCmdline(DebianGuest.COMMAND_LINE + " quiet TERM=dumb")
                        .with(b -> {
                            b.uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
                            Position at = new Position("test.cfg", 1, 1);
                            b.vifs = List.of(new Value.Text(at, card));
                        });
        return host.create(spec, new BootFiles(kernel, Ramdisk.of(files), "vmlinuz", ""), true);
    }

    @AfterAll
    void end() {
        if (host != null) { // null if this class is skipped
            host.close();
            kernel.close();
        }
    }

    @Test
    @Order(1)
    void passtGivesAddressesAndForwardsPorts() throws Exception {
        assumeTrue(PasstPort.available(), "passt is not installed");
        String waiting = "until ip addr | grep -q 10.0.2.; do sleep 1; done; ip addr show eth0";
        assertThat(one.ask(waiting)).containsPattern("inet 10\\.0\\.2\\.1[56]/24");
        assertThat(two.ask(waiting)).containsPattern("inet 10\\.0\\.2\\.1[56]/24");
        one.ask("(echo hello | nc -l -p 22 &) ; sleep 1");
        try (Socket socket = new Socket(loopback, forwarded)) {
            socket.setSoTimeout((int) COMMAND.toMillis());
            socket.getOutputStream().write('\n');
            assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
        }
        try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
            Thread.ofVirtual()
                    .start(() -> {
                        try (Socket client = server.accept()) {
                            client.getOutputStream()
                                    .write("this machine\n".getBytes(StandardCharsets.UTF_8));
                        } catch (IOException e) {
                            // the guest's output lacks the words then
                        }
                    });
            assertThat(two.ask("nc 10.0.2.2 " + server.getLocalPort() + " </dev/null"))
                    .contains("this machine");
        }
    }

    @Test
    @Order(2)
    void guestsPingAndSendWholeFiles() throws Exception {
        one.ask("ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up");
        two.ask("ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up");
        assertThat(one.ask("ping -c 3 10.0.0.2")).contains("3 packets received");
        two.ask("dd if=/dev/urandom of=/tmp/f bs=1M count=10 2>/dev/null");
        two.ask("(nc -l -p 5000 -e cat /tmp/f &) ; sleep 1");
        String sent = two.ask("sha256sum </tmp/f");
        String came = one.ask("nc 10.0.0.2 5000 </dev/null | sha256sum");
        assertThat(sum(came)).isEqualTo(sum(sent));
        assertThat(host.audit()).isEmpty();
    }

    private static String sum(String said) {
        var m = java.util.regex.Pattern.compile("[0-9a-f]{64}").matcher(said);
        assertThat(m.find()).as(said).isTrue();
        return m.group();
    }

    @Test
    @Order(3)
    void tsharkFindsAllChecksumsRight() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tshark")), "tshark is not installed");
        String file = folder.resolve("vif1.0.pcap").toString();
        assertThat(tshark(file, "tcp.checksum.status==1").count()).isGreaterThan(100);
        assertThat(tshark(file, "tcp && tcp.checksum.status!=1").toList()).isEmpty();
    }

    private static java.util.stream.Stream<String> tshark(String file, String filter)
            throws IOException {
        Process process =
                new ProcessBuilder(
                                "tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-Y", filter)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines();
    }

    @Test
    @Order(4)
    void theDriverComesAndGoesWithoutALeak() throws Exception {
        String again =
                "i=0; while [ $i -lt 20 ]; do rmmod xen-netfront; modprobe xen-netfront;"
                        + " i=$((i+1)); done; sleep 1; ls /sys/class/net";
        assertThat(two.ask(again)).contains("eth0");
        two.ask("ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up");
        assertThat(one.ask("ping -c 2 -w 20 10.0.0.2")).contains("2 packets received");
        assertThat(host.audit()).isEmpty();
    }
}
