package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tree of a new domain against that of real Xen, node by node. */
class InitialTreeTest {
    private static final UUID ID = UUID.fromString("11111111-2222-3333-4444-555555555555");

    /** Written by back ends and front ends of disks and network cards. */
    private static final List<String> DEVICES =
            List.of(
                    "/local/domain/0/backend/vbd",
                    "/local/domain/0/backend/vif",
                    "/local/domain/1/device/vbd",
                    "/local/domain/1/device/vif",
                    "/libxl/1/device/vbd",
                    "/libxl/1/device/vif");

    private final Store store = new Store();

    @BeforeEach
    void write() {
        InitialTree.writeHost(store);
        InitialTree.writeDomain(
                store,
                new InitialTree.Facts(
                        1,
                        "d2",
                        ID,
                        1,
                        1,
                        262144,
                        262144,
                        473090,
                        2,
                        473089,
                        1,
                        "/guest/vmlinuz",
                        "/guest/initramfs",
                        "console=hvc0 mods=1 disktest=1 nettest=10.0.0.2/24 noexit=1",
                        "1795340767.69"));
        // What the guest's kernel writes when it is up.
        for (String feature : List.of("poweroff", "reboot", "suspend")) {
            store.write("/local/domain/1/control/feature-" + feature, "1");
        }
    }

    private static boolean isOfDevices(String path) {
        return DEVICES.stream().anyMatch(path::startsWith);
    }

    @Test
    void hasTheNodesValuesAndPermissionsOfXl() throws IOException {
        Map<String, ReferenceTree.Line> ours = ReferenceTree.parse(ReferenceTree.print(store));
        Map<String, ReferenceTree.Line> xls = ReferenceTree.read();
        xls.keySet().removeIf(InitialTreeTest::isOfDevices);
        // The guest's console has no terminal device of ours.
        xls.replace("/local/domain/1/console/tty", new ReferenceTree.Line("", "n0,r1"));
        assertThat(ours).hasSizeGreaterThan(80).containsExactlyInAnyOrderEntriesOf(xls);
    }

    @Test
    void hasThemInXlsOrder() throws IOException {
        List<String> ours =
                new ArrayList<>(ReferenceTree.parse(ReferenceTree.print(store)).keySet());
        List<String> xls = new ArrayList<>(ReferenceTree.read().keySet());
        xls.removeIf(InitialTreeTest::isOfDevices);
        assertThat(ours).containsExactlyElementsOf(xls);
    }

    @Test
    void goesWithTheDomain() {
        InitialTree.removeDomain(store, 1, ID);
        store.release(1);
        assertThat(ReferenceTree.print(store)).doesNotContain("d2").doesNotContain("/domain/1");
        assertThat(store.directory("/libxl")).isEmpty();
        assertThat(store.check()).isEmpty();
    }

    @Test
    void hasACpuForEachThatMayBe() {
        Store other = new Store();
        InitialTree.writeDomain(
                other, new InitialTree.Facts(3, "x", ID, 1, 3, 1, 1, 1, 1, 1, 1, "", "", "", ""));
        assertThat(other.directory("/local/domain/3/cpu")).containsExactly("0", "1", "2");
        assertThat(other.read("/local/domain/3/cpu/0/availability")).isEqualTo("online");
        assertThat(other.read("/local/domain/3/cpu/2/availability")).isEqualTo("offline");
    }
}
