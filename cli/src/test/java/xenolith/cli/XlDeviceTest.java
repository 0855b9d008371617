package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.block.BlockKind;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.netback.VifKind;

/**
 * Disks and network cards by the commands of xl: what cannot be is a sentence and leaves nothing.
 */
class XlDeviceTest extends XlSession {
    private static final String NAMES = "web,db";

    private long free;

    @Override
    List<DeviceKind> kinds() throws ToolException {
        Network.Plan bridge = new Network.Plan("xenbr0", new WayOut.None());
        Network network = new Network(List.of(bridge), new Random(1), true, line -> {});
        return List.of(new BlockKind(line -> {}), new VifKind(network, line -> {}));
    }

    @BeforeEach
    void look() throws Exception {
        free = freeFrames();
        Files.write(folder.resolve("d.img"), new byte[1 << 20]);
        Files.write(folder.resolve("e.img"), new byte[1 << 20]);
    }

    /** Whatever was tried: without domains all memory is free and an audit finds nothing. */
    @AfterEach
    void nothingStays() throws Exception {
        for (String name : NAMES.split(",", -1)) {
            xl("destroy", name);
        }
        assertThat(host.audit()).isEmpty();
        assertThat(freeFrames()).isEqualTo(free);
        assertThat(host.call(() -> host.store().directory("/local/domain"))).containsExactly("0");
    }

    private long freeFrames() throws ToolException, ControlException {
        return host.freeMib();
    }

    private String loop(String name, String more) throws IOException {
        return config(name, new TinyKernel().code("ebfe"), more);
    }

    private void noneBut(String... names) {
        assertThat(xl("vm-list")).isZero();
        assertThat(out.lines()).hasSize(1 + names.length);
        for (String name : names) {
            assertThat(out).contains("    " + name + " ");
        }
    }

    @Test
    void aDiskMustBeThereWholeAndFree() throws IOException {
        refused(
                "web.cfg:4:7: The disk " + folder.resolve("no.img") + " does not exist.",
                "create",
                "-q",
                loop("web", "disk=['no.img,raw,xvda,rw']"));
        noneBut();
        Path bad = Files.write(folder.resolve("bad.qcow2"), new byte[1 << 16]);
        refused(bad.toString(), "create", "-q", loop("web", "disk=['bad.qcow2,qcow2,xvda,rw']"));
        noneBut();
        refused(
                "the domain has a disk xvda already",
                "create",
                "-q",
                loop("web", "disk=['d.img,raw,xvda,rw', 'e.img,raw,xvda,rw']"));
        noneBut();
        assertThat(xl("create", "-q", loop("web", "disk=['d.img,raw,xvda,rw']"))).isZero();
        refused(
                "is in use by domain web, which writes to it",
                "create",
                "-q",
                loop("db", "disk=['e.img,raw,xvda,r', 'd.img,raw,xvdb,r']"));
        noneBut("web");
        // What a domain that failed had open is free again.
        assertThat(xl("create", "-q", loop("db", "disk=['e.img,raw,xvda,rw']"))).isZero();
        noneBut("web", "db");
    }

    @Test
    void aCardHasItsOwnAddressAndABridge() throws IOException {
        String first = loop("web", "vif=['mac=00:16:3e:00:00:01']");
        refused(
                "There is no bridge \"br9\" for vif 0 of domain web; this host has xenbr0.",
                "create",
                "-q",
                loop("web", "vif=['bridge=br9']"));
        refused(
                "00:16:3e:00:00:01",
                "create",
                "-q",
                loop("web", "vif=['mac=00:16:3e:00:00:01','mac=00:16:3e:00:00:01']"));
        noneBut();
        assertThat(xl("create", "-q", loop("web", "vif=['mac=00:16:3e:00:00:01']"))).isZero();
        refused(
                "is that of a card of domain web already",
                "create",
                "-q",
                loop("db", "vif=['mac=00:16:3e:00:00:01']"));
        noneBut("web");
        assertThat(xl("destroy", "web")).isZero();
        assertThat(xl("create", "-q", first)).isZero();
        assertThat(xl("network-list", "web")).isZero();
        assertThat(out).contains("00:16:3e:00:00:01");
    }

    @Test
    void withoutMemoryTheDisksAreFreeAgain() throws IOException {
        String disk = "disk=['d.img,raw,xvda,rw']\nvif=['mac=00:16:3e:00:00:01']";
        refused("No memory", "create", "-q", loop("web", disk), "memory=100");
        noneBut();
        assertThat(xl("create", "-q", loop("db", disk))).isZero();
    }

    @Test
    void aUuidIsOneDomains() throws IOException {
        String uuid = "uuid='11111111-2222-3333-4444-555555555555'";
        assertThat(xl("create", "-q", loop("web", uuid))).isZero();
        refused(
                "Domain web has the UUID 11111111-2222-3333-4444-555555555555 already",
                "create",
                "-q",
                loop("db", uuid));
        noneBut("web");
    }

    @Test
    void devicesComeAndGo() throws IOException {
        assertThat(xl("create", "-q", loop("web"))).isZero();
        Path here = Path.of("").toAbsolutePath();
        String relative = here.relativize(folder.resolve("d.img").toAbsolutePath()).toString();
        assertThat(xl("block-attach", "web", relative, "xvdb", "w")).isEqualTo(1);
        assertThat(xl("block-attach", "web", relative, "raw", "xvdb", "w")).isZero();
        assertThat(xl("network-attach", "web", "mac=00:16:3e:00:00:02")).isZero();
        assertThat(xl("block-list", "web")).isZero();
        assertThat(out)
                .containsPattern(
                        "\n51728 0   1 +1 +-1 +-1 +/local/domain/0/backend/vbd/1/51728 *\n");
        assertThat(xl("block-list", "--json", "web")).isZero();
        assertThat(out)
                .contains("\"vdev\" : \"xvdb\"")
                .contains(folder.resolve("d.img").toString());
        assertThat(xl("list", "-l", "web")).isZero();
        assertThat(out).contains("\"pdev_path\"").contains("\"mac\"");
        assertThat(xl("top", "-b", "-i", "1")).isZero();
        assertThat(out)
                .containsPattern(
                        "web .* 1    1        0        0    1        0        0        0          0          0    0\n");
        refused("the domain has a disk xvdb already", "block-attach", "web", "e.img,raw,xvdb,w");
        assertThat(err).doesNotContain("vbd-attach").doesNotContain(":1:1");
        refused("does not exist", "block-attach", "web", "no.img,raw,xvdc,w");
        refused("There is no bridge \"br9\"", "network-attach", "web", "bridge=br9");
        refused("has no device xvdz", "block-detach", "web", "xvdz");
        assertThat(xl("block-detach", "web", "xvdb")).isZero();
        assertThat(xl("network-detach", "--force", "web", "00:16:3e:00:00:02")).isZero();
        assertThat(xl("block-list", "web")).isZero();
        assertThat(out.lines()).hasSize(1);
        assertThat(xl("network-list", "web", "web")).isZero();
        assertThat(out.lines()).hasSize(1);
        assertThat(xl("block-attach", "web", folder.resolve("d.img") + ",raw,xvdb,w")).isZero();
    }
}
