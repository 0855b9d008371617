package xenolith.toolstack.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.config.Action;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.xenstore.Store;

/** What is printed, side by side with what xl of Xen 4.17.7 printed for the same facts. */
class ReferenceOutputsTest {
    private static final UUID ID = UUID.fromString("11111111-2222-3333-4444-555555555555");
    private static final DomainRow.State RUNNING =
            new DomainRow.State(true, false, false, Optional.empty(), false);
    private static final DomainRow.State BLOCKED =
            new DomainRow.State(false, true, false, Optional.empty(), false);
    private static final DomainRow.State PAUSED =
            new DomainRow.State(false, false, true, Optional.empty(), false);

    private static String reference(String name) throws IOException {
        try (InputStream in = ReferenceOutputsTest.class.getResourceAsStream("/xen-4.17/" + name)) {
            if (in == null) {
                throw new IOException("no reference " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static DomainRow dom0(long nanos) {
        return new DomainRow("Domain-0", 0, new UUID(0, 0), 768 << 10, 1, RUNNING, nanos);
    }

    private static DomainRow d2(DomainRow.State state) {
        return new DomainRow("d2", 1, ID, 256 << 10, 1, state, 3_800_000_000L);
    }

    @Test
    void list() throws IOException {
        assertThat(DomainTable.of(List.of(dom0(16_400_000_000L), d2(BLOCKED)), false))
                .isEqualTo(reference("xl-list.txt"));
        assertThat(DomainTable.of(List.of(dom0(19_100_000_000L), d2(PAUSED)), false))
                .isEqualTo(reference("xl-list-paused.txt"));
    }

    @Test
    void listVerbose() {
        DomainRow.State crashed =
                new DomainRow.State(false, false, false, Optional.of(ShutdownReason.CRASH), false);
        assertThat(DomainTable.of(List.of(d2(crashed)), true).lines())
                .containsExactly(
                        "Name                                        ID   Mem VCPUs\tState\tTime(s)"
                                + "   UUID                            Reason-Code\tSecurity Label",
                        "d2                                           1   256     1     ---sc-"
                                + "       3.8 11111111-2222-3333-4444-555555555555        3"
                                + "                -");
    }

    @Test
    void stateLetters() {
        StringBuilder reasons = new StringBuilder();
        for (ShutdownReason reason : ShutdownReason.values()) {
            DomainRow.State state =
                    new DomainRow.State(false, false, false, Optional.of(reason), true);
            reasons.append(state.letters()).append(' ');
        }
        assertThat(reasons).hasToString("---s-d ---srd ---ssd ---scd ---swd ---sSd ");
    }

    private static BitSet cpus(int... numbers) {
        BitSet set = new BitSet();
        for (int n : numbers) {
            set.set(n);
        }
        return set;
    }

    @Test
    void vcpuList() throws IOException {
        VcpuTable.Row first =
                new VcpuTable.Row(
                        "Domain-0", 0, 0, true, 0, true, false, 16_700_000_000L, cpus(0), cpus(0));
        VcpuTable.Row second =
                new VcpuTable.Row(
                        "d2", 1, 0, true, 0, false, true, 3_800_000_000L, cpus(0), cpus(0));
        assertThat(VcpuTable.of(List.of(first, second), 1))
                .isEqualTo(reference("xl-vcpu-list.txt"));
        VcpuTable.Row offline =
                new VcpuTable.Row("d2", 1, 1, false, 0, false, false, 0, cpus(0), cpus(0));
        assertThat(VcpuTable.of(List.of(offline), 1).lines().skip(1))
                .containsExactly(
                        "d2                                   1     1    -   --p       0.0  all /"
                                + " all");
    }

    @Test
    void rangesOfCpus() {
        assertThat(Texts.ranges(cpus(0, 1, 2, 3), 4)).isEqualTo("all");
        assertThat(Texts.ranges(cpus(0, 1, 2), 4)).isEqualTo("0-2");
        assertThat(Texts.ranges(cpus(1, 3), 4)).isEqualTo("1,3");
        assertThat(Texts.ranges(cpus(0, 2, 3), 4)).isEqualTo("0,2-3");
        assertThat(Texts.ranges(cpus(), 4)).isEqualTo("none");
    }

    @Test
    void uptime() throws IOException {
        List<UptimeTable.Row> rows =
                List.of(new UptimeTable.Row("Domain-0", 0, 27), new UptimeTable.Row("d2", 1, 22));
        assertThat(UptimeTable.of(rows)).isEqualTo(reference("xl-uptime.txt"));
        assertThat(UptimeTable.brief(List.of(new UptimeTable.Row("d2", 1, 90_061)), "12:34:56"))
                .isEqualTo(" 12:34:56 up 1 day,  1:01, d2 (1)\n");
        assertThat(UptimeTable.of(List.of(new UptimeTable.Row("d2", 1, 3 * 86_400 + 59))))
                .endsWith("d2                                   1 3 days,  0:00:59\n");
    }

    /** The store of the host that the reference is from, as far as devices go. */
    private static Store devices() {
        Store store = new Store();
        String vbd = "/local/domain/1/device/vbd/51712";
        store.write("/libxl/1/device/vbd/51712/frontend", vbd);
        store.write("/libxl/1/device/vbd/51712/backend", "/local/domain/0/backend/vbd/1/51712");
        store.write(vbd + "/state", "4");
        store.write(vbd + "/event-channel", "8");
        store.write(vbd + "/ring-ref", "8");
        String vif = "/local/domain/1/device/vif/0";
        store.write("/libxl/1/device/vif/0/frontend", vif);
        store.write("/libxl/1/device/vif/0/backend", "/local/domain/0/backend/vif/1/0");
        store.write("/libxl/1/device/vif/0/mac", "00:16:3e:11:22:33");
        store.write(vif + "/state", "4");
        store.write(vif + "/event-channel-tx", "9");
        store.write(vif + "/event-channel-rx", "10");
        store.write(vif + "/tx-ring-ref", "522");
        store.write(vif + "/rx-ring-ref", "523");
        return store;
    }

    @Test
    void devicesOfADomain() throws IOException {
        assertThat(DeviceTables.blocks(devices(), List.of(1)))
                .isEqualTo(reference("xl-block-list-d2.txt"));
        assertThat(DeviceTables.networks(devices(), List.of(1)))
                .isEqualTo(reference("xl-network-list-d2.txt"));
    }

    @Test
    void whatAGuestWritesInItsNodesIsNoNumberThen() {
        Store store = devices();
        store.write("/local/domain/1/device/vbd/51712/state", "nonsense\n\u001b[31m");
        store.write("/local/domain/1/device/vbd/51712/ring-ref", "99999999999999999999");
        assertThat(DeviceTables.blocks(store, List.of(1, 2)).lines().skip(1))
                .singleElement()
                .asString()
                .startsWith("51712 0   1      -1    8      -1       /local");
    }

    @Test
    void info() throws IOException {
        Map<String, String> entries = new LinkedHashMap<>();
        reference("xl-info.txt")
                .lines()
                .forEach(line -> {
                    String[] pair = line.split(":", 2);
                    entries.put(pair[0].strip(), pair[1].replaceFirst(" ", ""));
                });
        assertThat(entries).hasSizeGreaterThan(30);
        assertThat(InfoText.of(entries)).isEqualTo(reference("xl-info.txt"));
    }

    @Test
    void top() throws IOException {
        TopTable.Machine machine = new TopTable.Machine("4.17.7", 2_096_768, 1_286_144, 1, 2600);
        DomainRow.State idle = new DomainRow.State(false, true, false, Optional.empty(), false);
        List<TopTable.Row> rows =
                List.of(
                        new TopTable.Row(
                                d2(idle),
                                0,
                                Optional.of(263_168L),
                                new TopTable.Networks(1, 1500, 900),
                                new TopTable.Disks(1, 0, 36, 0, 8472, 0)),
                        new TopTable.Row(
                                dom0(18_200_000_000L),
                                0,
                                Optional.of(768L << 10),
                                new TopTable.Networks(0, 0, 0),
                                new TopTable.Disks(0, 0, 0, 0, 0, 0)));
        assertThat(TopTable.of(machine, rows, true)).isEqualTo(reference("xentop.txt"));
        assertThat(TopTable.summary(machine, rows, "12:34:56"))
                .isEqualTo(
                        "xentop - 12:34:56   Xen 4.17.7\n"
                                + "2 domains: 1 running, 1 blocked, 0 paused, 0 crashed, 0 dying, 0"
                                + " shutdown \n"
                                + "Mem: 2096768k total, 810624k used, 1286144k free    CPUs: 1 @"
                                + " 2600MHz\n");
        DomainRow longName = new DomainRow("a-domain-of-a-long-name", 7, ID, 1024, 1, RUNNING, 0);
        TopTable.Row row =
                new TopTable.Row(
                        longName,
                        12.34,
                        Optional.empty(),
                        new TopTable.Networks(1, 1L << 42, 0),
                        new TopTable.Disks(0, 0, 0, 0, 0, 0));
        String text = TopTable.of(machine, List.of(row), false);
        assertThat(text).contains("\na-domain-o -----r ", "  no limit       n/a ", " 4294967296 ");
        assertThat(text.lines().map(String::length).distinct()).hasSize(1);
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(String.valueOf(pairs[i]), pairs[i + 1]);
        }
        return map;
    }

    @Test
    void listLong() throws IOException {
        DomainSpec spec =
                DomainSpec.defaults()
                        .with(b -> {
                            b.name = "d2";
                            b.uuid = ID;
                            b.cmdline =
                                    "console=hvc0 mods=1 disktest=1"
                                            + " nettest=10.0.0.2/24 noexit=1";
                            b.onReboot = Action.DESTROY;
                        });
        DomainJson.Entry entry =
                new DomainJson.Entry(
                        1,
                        spec,
                        "/guest/vmlinuz",
                        "/guest/initramfs",
                        List.of(
                                map(
                                        "pdev_path",
                                        "/dev/loop0",
                                        "vdev",
                                        "xvda",
                                        "format",
                                        "raw",
                                        "readwrite",
                                        1,
                                        "colo_restore_enable",
                                        false)),
                        List.of(
                                map(
                                        "devid",
                                        0,
                                        "mac",
                                        "00:16:3e:11:22:33",
                                        "bridge",
                                        "xenbr0",
                                        "nictype",
                                        "vif")));
        assertThat(DomainJson.of(List.of(entry))).isEqualTo(reference("xl-list-l.txt"));
    }

    @Test
    void textInJson() {
        assertThat(YajlText.of(List.of("a\"b\\c\n\u0001\u00e9")))
                .isEqualTo("[\n    \"a\\\"b\\\\c\\n\\u0001\u00e9\"\n]\n");
    }
}
