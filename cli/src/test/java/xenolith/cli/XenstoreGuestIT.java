package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.guest.DebianGuest;

/**
 * The store of a host with a running Debian guest, through Debian's own tools, against that of real
 * Xen: node by node, value by value, permission by permission.
 */
class XenstoreGuestIT {
    private static final Path REFERENCE =
            Path.of("../toolstack/src/test/resources/xen-4.17/xenstore-ls-fp.txt");
    private static final Pattern LINE = Pattern.compile("(\\S+) = \"(.*)\" {3}\\((.*)\\)");
    private static final String HOME = "/local/domain/1";
    private static final String VM = "/vm/11111111-2222-3333-4444-555555555555";

    private static final String DISK = "/local/domain/0/backend/vbd/1/51712";
    private static final String CARD = "/local/domain/0/backend/vif/1/0";

    /** The reference's disk is a loop device, a node of dom0; here it is the file itself. */
    private static final String MISSING = DISK + "/physical-device";

    /** Values that must differ from host to host, and what they are here. */
    private static final Map<String, String> DIFFERENT =
            Map.ofEntries(
                    Map.entry(HOME + "/store/ring-ref", "\\d+"),
                    Map.entry(HOME + "/console/ring-ref", "\\d+"),
                    Map.entry(HOME + "/console/tty", ""),
                    Map.entry(VM + "/start_time", "\\d{10}\\.\\d\\d"),
                    Map.entry(VM + "/image/kernel", "vmlinuz"),
                    Map.entry(VM + "/image/ramdisk", ""),
                    Map.entry(VM + "/image/cmdline", ".*"),
                    Map.entry(DISK + "/params", "/.*/disk"),
                    Map.entry(DISK + "/physical-device-path", "/.*/disk"),
                    Map.entry("/libxl/1/device/vbd/51712/params", "/.*/disk"),
                    // dom0 of the reference has one virtual CPU
                    Map.entry(DISK + "/multi-queue-max-queues", "4"),
                    // grants and ports, in the order of the guest's drivers
                    Map.entry(HOME + "/device/vbd/51712/ring-ref", "\\d+"),
                    Map.entry(HOME + "/device/vbd/51712/event-channel", "\\d+"),
                    Map.entry(HOME + "/device/vif/0/tx-ring-ref", "\\d+"),
                    Map.entry(HOME + "/device/vif/0/rx-ring-ref", "\\d+"),
                    Map.entry(HOME + "/device/vif/0/event-channel-tx", "\\d+"),
                    Map.entry(HOME + "/device/vif/0/event-channel-rx", "\\d+"),
                    // what is not built (docs/support.md)
                    Map.entry(CARD + "/feature-ctrl-ring", "0"));

    @TempDir Path folder;

    private static Map<String, String> parse(String text) {
        Map<String, String> lines = new LinkedHashMap<>();
        text.lines()
                .forEach(line -> {
                    Matcher m = LINE.matcher(line);
                    assertThat(m.matches()).as(line).isTrue();
                    String value = m.group(2);
                    String pattern = DIFFERENT.get(m.group(1));
                    lines.put(
                            m.group(1),
                            (pattern == null ? value : "<different>") + " (" + m.group(3) + ")");
                });
        return lines;
    }

    private String tool(Path socket, String... words) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", "");
        ProcessBuilder b = new ProcessBuilder(words).redirectErrorStream(true);
        b.environment().put("XENSTORED_PATH", socket.toString());
        int status = b.redirectOutput(out.toFile()).start().waitFor();
        String text = Files.readString(out, StandardCharsets.ISO_8859_1);
        assertThat(status).as(text).isZero();
        return text;
    }

    @Test
    void aRunningGuestHasTheTreeOfRealXen() throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/xenstore-ls"))
                        || System.getenv("XENOLITH_REQUIRE_GUESTS") != null,
                "needs the package xenstore-utils");
        Path disk = folder.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(16 << 20);
        }
        GuestSession.Setup debian =
                DebianFiles.setup(
                        DebianGuest.KERNEL_PACKAGE, List.of("xen-blkfront", "xen-netfront"));
        GuestSession.Setup setup =
                debian.with(
                                d -> {
                                    d.name = "d2";
                                    d.uuid = UUID.fromString(VM.substring(4));
                                })
                        .with(List.of(disk + ",raw,xvda,w"))
                        .withCards(List.of("mac=00:16:3e:11:22:33,bridge=xenbr0"));
        Path socket = folder.resolve("xenstored");
        try (GuestSession guest = GuestSession.start(setup)) {
            guest.openXenstore(socket);
            guest.expect("~ # ", Duration.ofMinutes(3));
            String text = tool(socket, "xenstore-ls", "-fp");
            Map<String, String> real = parse(Files.readString(REFERENCE));
            real.remove(MISSING);
            assertThat(parse(text)).containsExactlyInAnyOrderEntriesOf(real);
            for (Map.Entry<String, String> d : DIFFERENT.entrySet()) {
                assertThat(tool(socket, "xenstore-read", d.getKey()).strip())
                        .as(d.getKey())
                        .matches(d.getValue());
            }
            // The guest's kernel is told by its watch, and says so by emptying the node.
            tool(socket, "xenstore-write", HOME + "/control/sysrq", "h");
            guest.expect("sysrq: HELP", Duration.ofMinutes(1));
            assertThat(tool(socket, "xenstore-read", HOME + "/control/sysrq")).isBlank();
            guest.send("poweroff -f");
            assertThat(guest.end(Duration.ofMinutes(1))).isEqualTo(Ending.POWERED_OFF);
        } finally {
            debian.files().close();
        }
    }
}
