package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
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

/**
 * Two Debian guests of one host, their cards driven by Debian's own xen-netfront. Each wait has an
 * end, and each step one more, on a thread of its own.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NetworkGuestIT {
    private static final String PROMPT = "~ # ";
    private static final Duration BOOT = Duration.ofMinutes(6);
    private static final Duration COMMAND = Duration.ofMinutes(2);
    private static final long GUEST_MIB = 128;
    private static final int FILE_MIB = 4;
    private static final int RELOADS = 8;

    private final InetAddress loopback = InetAddress.getLoopbackAddress();

    @SuppressWarnings("NullAway.Init") // before all tests
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before all tests
    private KernelImage kernel;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Host host;

    private final List<BootFiles> images = new ArrayList<>();

    @SuppressWarnings("NullAway.Init") // before all tests
    private Terminal one;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Terminal two;

    /** What the network had to say, for messages. */
    private final List<String> log = new CopyOnWriteArrayList<>();

    private int forwarded;

    /** What a guest prints, and a keyboard. */
    private final class Terminal {
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
                assertThat(left)
                        .as(
                                "\"%s\" does not come from %s in %s behind:%n%s%nlog: %s",
                                what, domain.name(), atMost, text, log)
                        .isPositive();
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
    @Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
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
        Network network = new Network(Network.usual(), new Random(1), true, log::add);
        network.capture("vif1.0", folder.resolve("vif1.0.pcap"));
        host =
                Host.start(
                        HostSettings.of(2 * GUEST_MIB, 1), List.of(new VifKind(network, log::add)));
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
        BootFiles image = new BootFiles(kernel, Ramdisk.of(files), "vmlinuz", "");
        images.add(image);
        return host.create(spec, image, true);
    }

    @AfterAll
    @Timeout(value = 3, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void end() throws Exception {
        if (host == null) { // if this class is skipped
            return;
        }
        List<ProcessHandle> passts = ProcessHandle.current().children().toList();
        host.close();
        for (ProcessHandle passt : passts) {
            passt.onExit().get(COMMAND.toSeconds(), TimeUnit.SECONDS);
        }
        images.forEach(image -> image.ramdisk().close());
        kernel.close();
    }

    @Test
    @Order(1)
    void passtGivesAddressesAndForwardsPorts() throws Exception {
        assumeTrue(PasstPort.available(), "passt is not installed");
        String waiting = "until ip addr | grep -q 10.0.2.; do usleep 50000; done; ip addr";
        assertThat(one.ask(waiting)).containsPattern("inet 10\\.0\\.2\\.1[56]/24");
        assertThat(two.ask(waiting)).containsPattern("inet 10\\.0\\.2\\.1[56]/24");
        one.ask("(echo hello | nc -l -p 22 &) ; " + listening(22));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(loopback, forwarded), (int) COMMAND.toMillis());
            socket.setSoTimeout((int) COMMAND.toMillis());
            socket.getOutputStream().write('\n');
            assertThat(socket.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
        }
        try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
            server.setSoTimeout((int) COMMAND.toMillis());
            Thread.ofVirtual()
                    .start(() -> {
                        try (Socket client = server.accept()) {
                            client.getOutputStream()
                                    .write("this machine\n".getBytes(StandardCharsets.UTF_8));
                        } catch (IOException e) {
                            // the guest's output lacks the words then
                        }
                    });
            // with an end of its input, the guest would close first, and Debian 12's passt then
            // forgets to tell it that this machine has closed, too
            assertThat(two.ask("mkfifo /q; nc 10.0.2.2 " + server.getLocalPort() + " <>/q"))
                    .contains("this machine");
        }
    }

    @Test
    @Order(2)
    void guestsPingAndSendWholeFiles() throws Exception {
        one.ask("ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up");
        two.ask("ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up");
        assertThat(one.ask("ping -c 3 -i 0.2 -w 50 10.0.0.2")).contains("3 packets received");
        two.ask("dd if=/dev/urandom of=/tmp/f bs=1M count=" + FILE_MIB + " 2>/dev/null");
        two.ask("(nc -l -p 5000 -e cat /tmp/f &) ; " + listening(5000));
        String sent = two.ask("sha256sum </tmp/f");
        String came = one.ask("nc 10.0.0.2 5000 </dev/null | sha256sum");
        assertThat(sum(came)).isEqualTo(sum(sent));
        assertThat(host.audit()).isEmpty();
    }

    /** Waits until something of the guest listens on {@code port}. */
    private static String listening(int port) {
        return "until netstat -ltn | grep -q :" + port + "; do usleep 50000; done";
    }

    private static String sum(String said) {
        Matcher m = Pattern.compile("[0-9a-f]{64}").matcher(said);
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

    private Stream<String> tshark(String file, String filter)
            throws IOException, InterruptedException {
        Path said = folder.resolve("tshark");
        Process process =
                new ProcessBuilder(
                                "tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-Y", filter)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .redirectOutput(said.toFile())
                        .start();
        if (!process.waitFor(COMMAND.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("tshark did not end within " + COMMAND);
        }
        return Files.readAllLines(said).stream();
    }

    @Test
    @Order(4)
    void theDriverComesAndGoesWithoutALeak() throws Exception {
        String again =
                "i=0; while [ $i -lt "
                        + RELOADS
                        + " ]; do rmmod xen-netfront; modprobe xen-netfront; i=$((i+1)); done;"
                        + " until ls /sys/class/net | grep eth0; do usleep 50000; done";
        assertThat(two.ask(again)).contains("eth0");
        two.ask("ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up");
        assertThat(one.ask("ping -c 2 -i 0.2 -w 50 10.0.0.2")).contains("2 packets received");
        assertThat(host.audit()).isEmpty();
    }
}
