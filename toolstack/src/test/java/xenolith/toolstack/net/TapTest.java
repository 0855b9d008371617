package xenolith.toolstack.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import xenolith.toolstack.ToolException;

/** A TAP device as the way out. With root; else what a user without root is told. */
@Timeout(60)
class TapTest {
    private static final String NAME = "xenolith-test0";
    private static final MacAddress GUEST = new MacAddress(0x00163e000001L);

    private final List<String> log = new ArrayList<>();

    private Network network(String device) throws ToolException {
        return new Network(
                List.of(new Network.Plan("xenbr0", new WayOut.Tap(device))),
                new Random(1),
                true,
                log::add);
    }

    private static boolean root() throws IOException {
        return Files.exists(Path.of("/dev/net/tun"))
                && Files.isExecutable(Path.of("/usr/sbin/ip"))
                && Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    @Test
    void theKernelAnswersArpOnItsInterface() throws Exception {
        assumeTrue(root(), "this takes root, ip and a TUN/TAP driver");
        Network network = network(NAME);
        network.start(Runnable::run, Runnable::run);
        Port tap = network.port("peth0").orElseThrow();
        assertThat(tap.describe()).contains(NAME);
        assertThat(tap.carrier()).isTrue();
        NetworkInterface device = NetworkInterface.getByName(NAME);
        assertThat(device.isUp()).isTrue();
        run("/usr/sbin/ip", "addr", "add", "10.203.7.1/24", "dev", NAME);
        VethPort veth = (VethPort) network.port("veth0").orElseThrow();
        BlockingQueue<Frame> came = new LinkedBlockingQueue<>();
        veth.connect(came::add);
        Frame answer = null;
        while (answer == null || answer.type() != 0x0806 || Bits.u16(answer.bytes(), 20) != 2) {
            veth.sendFromDomain0(
                    new Frame(
                            Packets.arp(
                                    GUEST,
                                    10 << 24 | 203 << 16 | 7 << 8 | 9,
                                    10 << 24 | 203 << 16 | 7 << 8 | 1)));
            answer = came.poll(1, TimeUnit.SECONDS);
        }
        assertThat(answer.source()).isEqualTo(MacAddress.at(device.getHardwareAddress(), 0));
        assertThatThrownBy(() -> network(NAME)).hasMessageContaining("another program uses it");
        network.close();
        while (NetworkInterface.getByName(NAME) != null) {
            Thread.sleep(10);
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    @Test
    void whoMayNotIsToldWhatToDo() throws Exception {
        Object uid = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        assumeTrue(!uid.equals(0), "root may");
        assertThatThrownBy(() -> network(NAME))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("--way-out passt");
    }

    @Test
    void aNameThatIsNoneIsRefused() {
        assertThatThrownBy(() -> network("a-name-longer-than-15"))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("1 to 15");
    }
}
