package xenolith.toolstack.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The nodes of a connected disk, held against those of real Xen 4.17. */
class DiskNodesTest {
    private static final Pattern LINE = Pattern.compile("(\\S+) = \"(.*)\" {3}\\((.*)\\)");

    /** Their values depend on the file, or on how many CPUs domain 0 has. */
    private static final Set<String> OTHER_VALUES =
            Set.of(
                    "params",
                    "physical-device-path",
                    "sectors",
                    "multi-queue-max-queues",
                    "ring-ref",
                    "event-channel");

    @TempDir Path folder;

    private static String reference() throws IOException {
        try (InputStream in =
                DiskNodesTest.class.getResourceAsStream("/xen-4.17/xenstore-ls-fp.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void areThoseOfXlAndBlkback() throws Exception {
        Path image = Files.write(folder.resolve("a.img"), new byte[1 << 20]);
        BlockFrontend f = new BlockFrontend(image + ",raw,xvda,w", false, Runnable::run);
        f.connect(true);
        f.state(xenolith.toolstack.xenbus.XenbusState.CONNECTED);
        int compared = 0;
        for (String line : reference().split("\n", -1)) {
            Matcher m = LINE.matcher(line);
            // A file has no device number.
            if (m.matches()
                    && m.group(1).contains("/vbd/")
                    && m.group(1).contains("51712")
                    && !m.group(1).endsWith("/physical-device")) {
                String path = m.group(1);
                String name = path.substring(path.lastIndexOf('/') + 1);
                assertThat(f.store.read(path)).as(path).isNotNull();
                if (!OTHER_VALUES.contains(name)) {
                    assertThat(f.store.read(path)).as(path).isEqualTo(m.group(2));
                }
                assertThat(String.valueOf(f.store.permissions(path)))
                        .as(path)
                        .isEqualTo(m.group(3));
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(50);
        f.attachment.close();
        f.device.close();
        f.kind.close();
    }
}
