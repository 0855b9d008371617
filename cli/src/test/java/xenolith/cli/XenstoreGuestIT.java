package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
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

    /** The reference's guest has a disk and a network card, this one has none. */
    private static final List<String> DEVICES =
            List.of(
                    "/local/domain/0/backend/vbd",
                    "/local/domain/0/backend/vif",
                    HOME + "/device/vbd",
                    HOME + "/device/vif",
                    "/libxl/1/device/vbd",
                    "/libxl/1/device/vif");

    /** Values that must differ from host to host, and what they are here. */
    private static final Map<String, String> DIFFERENT =
            Map.of(
                    HOME + "/store/ring-ref", "\\d+",
                    HOME + "/console/ring-ref", "\\d+",
                    HOME + "/console/tty", "",
                    VM + "/start_time", "\\d{10}\\.\\d\\d",
                    VM + "/image/kernel", "vmlinuz",
                    VM + "/image/ramdisk", "",
                    VM + "/image/cmdline", ".*");

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
        GuestSession.Setup debian = DebianFiles.setup(DebianGuest.KERNEL_PACKAGE);
        GuestSession.Setup setup =
                new GuestSession.Setup(
                        debian.domain()
                                .with(d -> {
                                    d.name = "d2";
                                    d.uuid = UUID.fromString(VM.substring(4));
                                }),
                        debian.files(),
                        debian.seed(),
                        debian.time(),
                        debian.engine(),
                        debian.limit(),
                        List.of());
        Path socket = folder.resolve("xenstored");
        try (GuestSession guest = GuestSession.start(setup)) {
            guest.openXenstore(socket);
            guest.expect("~ # ", Duration.ofMinutes(3));
            String text = tool(socket, "xenstore-ls", "-fp");
            Map<String, String> real = parse(Files.readString(REFERENCE));
            real.keySet().removeIf(p -> DEVICES.stream().anyMatch(p::startsWith));
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
