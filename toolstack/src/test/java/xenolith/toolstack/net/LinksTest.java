package xenolith.toolstack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.ToolException;

/** Links to what is outside of the process: UDP, passt, files for tshark. */
@Timeout(60)
class LinksTest {
    private static final int ICMPV6 = 58;
    private static final int ICMP = 14 + 40;
    private static final MacAddress A = new MacAddress(0x00163e000001L);
    private static final MacAddress B = new MacAddress(0x00163e000002L);

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final Executor workers = task -> Thread.ofVirtual().start(task);
    private final BlockingQueue<Runnable> host = new LinkedBlockingQueue<>();
    private final Bridge bridge = new Bridge("xenbr0", System::nanoTime);
    private final VethPort veth = new VethPort(0);
    private final BlockingQueue<Frame> got = new LinkedBlockingQueue<>();

    LinksTest() {
        bridge.add(veth);
        veth.connect(got::add);
    }

    /** Runs what the links post, until a frame comes to veth0. */
    private Frame next() throws InterruptedException {
        while (got.isEmpty()) {
            Runnable task = host.poll(20, TimeUnit.SECONDS);
            assertThat(task).as("something came in").isNotNull();
            task.run();
        }
        return got.remove();
    }

    private static int freeUdpPort() throws IOException {
        try (DatagramSocket socket = new DatagramSocket(0, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    @Test
    void twoBridgesJoinByUdp() throws Exception {
        int one = freeUdpPort();
        int two = freeUdpPort();
        Bridge far = new Bridge("xenbr0", System::nanoTime);
        VethPort farVeth = new VethPort(0);
        far.add(farVeth);
        UdpPort here = UdpPort.open("peth0", one, two, host::add, workers);
        UdpPort there = UdpPort.open("peth0", two, one, host::add, workers);
        bridge.add(here);
        far.add(there);
        byte[] tcp = Packets.tcp(1, 0, Packets.data(30_000));
        Offload gso = new Offload(true, true, Offload.Gso.TCPV4, 1448);
        farVeth.sendFromDomain0(new Frame(Packets.ipv4(A, B, 1, 2, 6, tcp), gso));
        for (int i = 0; i < 21; i++) {
            byte[] f = next().bytes();
            assertThat(Checksum.right(f, Headers.of(f).orElseThrow())).isTrue();
        }
        assertThat(here.counters().rxFrames()).isEqualTo(21);
        assertThatThrownBy(() -> UdpPort.open("peth1", one, two, host::add, workers))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining(Integer.toString(one));
        here.close();
        there.close();
        assertThat(bridge.ports()).containsExactly(veth);
    }

    @Test
    void passtIsTheRouterOfEachGuest() throws Exception {
        assumeTrue(PasstPort.available(), "passt is not installed");
        List<String> said = new ArrayList<>();
        PasstPort out = new PasstPort("peth0", host::add, workers, said::add);
        bridge.add(out);
        for (MacAddress guest : List.of(A, B)) {
            veth.sendFromDomain0(new Frame(Packets.arp(guest, 0, 0x0a000210)));
            veth.sendFromDomain0(new Frame(Packets.arp(guest, 0, 0x0a000202)));
            Frame answer = next();
            assertThat(answer.destination()).isEqualTo(guest);
            assertThat(answer.source()).isEqualTo(MacAddress.DOMAIN_0);
            assertThat(Bits.u32(answer.bytes(), 14 + 14)).isEqualTo(0x0a000202);
        }
        assertThat(said).isEmpty();
        assertThat(out.counters().txFrames()).isEqualTo(2);
        out.close();
    }

    /** Neighbour discovery of IPv6: questions about other guests do not reach it. */
    @Test
    void passtIsTheRouterOfIpv6Too() throws Exception {
        assumeTrue(PasstPort.available(), "passt is not installed");
        assumeTrue(hasIpv6(), "this machine has no address of IPv6");
        PasstPort out = new PasstPort("peth0", host::add, workers, line -> {});
        bridge.add(out);
        MacAddress group = new MacAddress(0x333300000002L);
        veth.sendFromDomain0(new Frame(Packets.ipv6(group, A, ICMPV6, solicitation(133, 8))));
        byte[] advertisement = next().bytes();
        assertThat(Bits.u8(advertisement, ICMP)).isEqualTo(134);
        byte[] router = Arrays.copyOfRange(advertisement, 14 + 8, 14 + 24);
        byte[] ask = solicitation(135, 24);
        ask[23] = 9;
        byte[] takes = Packets.ipv6(group, B, ICMPV6, ask);
        Arrays.fill(takes, 14 + 8, 14 + 24, (byte) 0);
        veth.sendFromDomain0(new Frame(takes));
        veth.sendFromDomain0(new Frame(Packets.ipv6(group, A, ICMPV6, ask)));
        System.arraycopy(router, 0, ask, 8, 16);
        veth.sendFromDomain0(new Frame(Packets.ipv6(group, A, ICMPV6, ask)));
        Frame answer = next();
        assertThat(Bits.u8(answer.bytes(), ICMP)).isEqualTo(136);
        assertThat(Arrays.copyOfRange(answer.bytes(), ICMP + 8, ICMP + 24)).isEqualTo(router);
        assertThat(answer.source()).isEqualTo(MacAddress.DOMAIN_0);
        assertThat(out.counters().txFrames()).isEqualTo(2);
        out.close();
    }

    private static byte[] solicitation(int type, int length) {
        byte[] b = new byte[length];
        b[0] = (byte) type;
        return b;
    }

    /** Whether there is a global one: scope 00 in the fourth column. */
    private static boolean hasIpv6() throws IOException {
        Path table = Path.of("/proc/net/if_inet6");
        return Files.exists(table)
                && Files.readAllLines(table).stream()
                        .anyMatch(l -> l.matches("\\S+ \\S+ \\S+ 00 .*"));
    }

    @Test
    void aForwardedPortReachesTheGuest() throws Exception {
        assumeTrue(PasstPort.available(), "passt is not installed");
        PasstPort out = new PasstPort("peth0", host::add, workers, line -> {});
        bridge.add(out);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        out.open(A, List.of(Forward.parse(port + ":22")));
        try (Socket socket = new Socket()) {
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            socket.connect(new InetSocketAddress(LOOPBACK, port), 5000);
                        } catch (IOException e) {
                            // nobody answers
                        }
                    });
            Frame syn = next();
            while (Headers.of(syn.bytes()).isEmpty()) {
                syn = next();
            }
            Headers h = Headers.of(syn.bytes()).orElseThrow();
            assertThat(h.protocol()).isEqualTo(Headers.TCP);
            assertThat(Bits.u16(syn.bytes(), h.transport() + 2)).isEqualTo(22);
            assertThat(syn.destination()).isEqualTo(A);
        }
        out.close();
    }

    @Test
    void aPortInUseIsSaid() throws Exception {
        assumeTrue(PasstPort.available(), "passt is not installed");
        PasstPort out = new PasstPort("peth0", host::add, workers, line -> {});
        bridge.add(out);
        try (ServerSocket taken = new ServerSocket(0, 1, LOOPBACK)) {
            Forward forward = Forward.parse(taken.getLocalPort() + ":22");
            assertThatThrownBy(() -> out.open(A, List.of(forward)))
                    .isInstanceOf(ToolException.class)
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()));
        }
        out.close();
    }

    @Test
    void aForwardSaysWhatItIs() throws Exception {
        assertThat(Forward.parse("2222:22")).isEqualTo(new Forward(false, "127.0.0.1", 2222, 22));
        assertThat(Forward.parse("udp:0.0.0.0/53:5353"))
                .isEqualTo(new Forward(true, "0.0.0.0", 53, 5353));
        for (String bad : List.of("22", "a:b", "0:22", "70000:22", "22:-1", "")) {
            assertThatThrownBy(() -> Forward.parse(bad)).isInstanceOf(ToolException.class);
        }
    }

    @Test
    void tsharkReadsWhatIsCaptured(@TempDir Path folder) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/tshark")), "tshark is not installed");
        Path file = folder.resolve("veth0.pcap");
        VethPort other = new VethPort(1);
        bridge.add(other);
        other.connect(frame -> {});
        veth.capture(
                Capture.to(file, () -> Instant.ofEpochSecond(1_700_000_000, 5), Runnable::run));
        veth.sendFromDomain0(new Frame(Packets.arp(A, 0x0a000001, 0x0a000002)));
        byte[] tcp = Packets.tcp(1, Packets.ACK, Packets.data(3000));
        Offload gso = new Offload(true, true, Offload.Gso.TCPV4, 1448);
        veth.sendFromDomain0(new Frame(Packets.ipv4(A, B, 0x0a000001, 0x0a000002, 6, tcp), gso));
        veth.capture(null);
        Process tshark =
                new ProcessBuilder(
                                "tshark",
                                "-r",
                                file.toString(),
                                "-o",
                                "tcp.check_checksum:TRUE",
                                "-T",
                                "fields",
                                "-e",
                                "frame.time_epoch",
                                "-e",
                                "_ws.col.Protocol",
                                "-e",
                                "tcp.len",
                                "-e",
                                "tcp.checksum.status")
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        String said = new String(tshark.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tshark.waitFor()).isZero();
        assertThat(said.lines())
                .containsExactly(
                        "1700000000.000000005\tARP\t\t",
                        "1700000000.000000005\tTCP\t1448\t1",
                        "1700000000.000000005\tTCP\t1448\t1",
                        "1700000000.000000005\tTCP\t104\t1");
    }
}
