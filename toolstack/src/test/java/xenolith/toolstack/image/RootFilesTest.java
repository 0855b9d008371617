package xenolith.toolstack.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootFilesTest {
    @TempDir private Path folder;

    @Test
    void fstabAndGrubNameTheSameFileSystem() throws IOException {
        Map<String, String> files = files(DiskRequest.defaults());
        String uuid = DiskRequest.defaults().fileSystemUuid().toString();
        assertThat(files.get("etc/fstab")).startsWith("UUID=" + uuid + " / ext4 ");
        assertThat(files.get("boot/grub/grub.cfg"))
                .contains("linux /vmlinuz root=UUID=" + uuid + " ro console=hvc0")
                .contains("initrd /initrd.img\n");
        assertThat(files.get("etc/apt/sources.list")).isEqualTo("deb here suite main\n");
        assertThat(files.get("etc/machine-id")).isEmpty();
        assertThat(files.get("etc/systemd/system/multi-user.target.wants/systemd-networkd.service"))
                .isEqualTo("-> /lib/systemd/system/systemd-networkd.service");
        assertThat(files).doesNotContainKey("root/.ssh/authorized_keys");
    }

    @Test
    void aKeyIsForRootOnly() throws IOException {
        DiskRequest d = DiskRequest.defaults();
        Map<String, String> files =
                files(
                        new DiskRequest(
                                d.suite(),
                                d.bytes(),
                                FileSystemKind.BTRFS,
                                List.of(),
                                Optional.empty(),
                                Optional.of("ssh-ed25519 AAAA me\n\n"),
                                "box"));
        assertThat(files.get("root/.ssh/authorized_keys")).isEqualTo("ssh-ed25519 AAAA me\n");
        assertThat(files.get("root/.ssh/")).isEqualTo("folder 700");
        assertThat(files.get("etc/fstab")).contains(" / btrfs defaults 0 0");
        assertThat(files.get("etc/hostname")).isEqualTo("box\n");
    }

    private Map<String, String> files(DiskRequest request) throws IOException {
        Path tar = folder.resolve("files.tar");
        RootFiles.of(request, List.of("deb here suite main")).write(tar);
        Map<String, String> found = new HashMap<>();
        try (var in = new TarArchiveInputStream(Files.newInputStream(tar))) {
            for (var e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                assertThat(e.getLongUserId()).isZero();
                found.put(
                        e.getName(),
                        e.isSymbolicLink()
                                ? "-> " + e.getLinkName()
                                : e.isDirectory()
                                        ? "folder " + Integer.toOctalString(e.getMode() & 0777)
                                        : new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return found;
    }
}
