package xenolith.toolstack.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.toolstack.guest.GuestException;

/** A small file system by each way that is open here, read back by debugfs. */
class FileSystemMakerTest {
    /** cap_net_raw, permitted and effective: struct vfs_cap_data of revision 2, little-endian. */
    private static final String NET_RAW = "\1\0\0\2\0\40\0\0" + "\0".repeat(12);

    @TempDir private Path work;

    @ParameterizedTest
    @EnumSource(Ownership.class)
    void ownersModesAndCapabilitiesArrive(Ownership ownership) throws GuestException, IOException {
        assumeThat(ownership.works()).as("%s works here", ownership).isTrue();
        assumeThat(Tool.find("debugfs")).as("debugfs").isPresent();
        Path system = work.resolve("system.tar");
        archive(system, Map.of("vmlinuz", "kernel", "initrd.img", "ramdisk", "ping", "program"));
        Path files = work.resolve("files.tar");
        archive(files, Map.of("etc/shadow", "root:*:1:0:99999:7:::\n"));
        Path disk = work.resolve("disk");
        DiskRequest request =
                new DiskRequest(
                        "bookworm",
                        16L << 20,
                        FileSystemKind.EXT4,
                        List.of(),
                        Optional.empty(),
                        Optional.empty(),
                        "small");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(request.bytes());
        }

        new FileSystemMaker(request, work, ownership).make(system, files, disk);

        assertThat(work.resolve("root")).doesNotExist();
        assertThat(work.resolve("boot/vmlinuz")).hasContent("kernel");
        assertThat(debugfs(disk, "stat ping"))
                .contains("Type: regular")
                .contains("Mode:  0755")
                .contains("User:    42   Group:    43");
        assertThat(debugfs(disk, "cat etc/shadow")).contains("root::1:0");
        if (ownership != Ownership.FAKEROOT) {
            assertThat(debugfs(disk, "ea_get -x ping security.capability"))
                    .contains("01 00 00 02 00 20 00 00");
        }
    }

    private static void archive(Path file, Map<String, String> texts) throws IOException {
        try (var tar =
                new TarArchiveOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(file)), "UTF-8")) {
            for (var text : texts.entrySet()) {
                byte[] bytes = text.getValue().getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(text.getKey());
                entry.setMode(0755);
                entry.setIds(42, 43);
                entry.setSize(bytes.length);
                if (text.getKey().equals("ping")) {
                    entry.addPaxHeader("SCHILY.xattr.security.capability", NET_RAW);
                }
                tar.putArchiveEntry(entry);
                tar.write(bytes);
                tar.closeArchiveEntry();
            }
        }
    }

    private static String debugfs(Path disk, String request) throws GuestException {
        List<String> lines = new ArrayList<>();
        Tool.need("debugfs", "e2fsprogs")
                .run(
                        List.of("-R", request, disk + "?offset=" + PartitionTable.FIRST_BYTE),
                        lines::add);
        return String.join("\n", lines);
    }
}
