package xenolith.toolstack.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Ramdisks as another reader of cpio sees them, and packages as dpkg would make them. */
class InitramfsTest {
    private record Found(CpioArchiveEntry entry, String content) {}

    private static Map<String, Found> read(byte[] cpio) throws IOException {
        Map<String, Found> all = new LinkedHashMap<>();
        try (var in = new CpioArchiveInputStream(new ByteArrayInputStream(cpio))) {
            for (CpioArchiveEntry e; (e = in.getNextEntry()) != null; ) {
                String content = new String(in.readAllBytes(), StandardCharsets.UTF_8);
                assertThat(all.put(e.getName(), new Found(e, content))).isNull();
            }
        }
        return all;
    }

    private static Found get(Map<String, Found> all, String name) {
        return Objects.requireNonNull(all.get(name), name);
    }

    @Test
    void archivesHaveFilesLinksFoldersAndDevices() throws IOException {
        CpioWriter w = new CpioWriter();
        w.file("a/b/c", 0755, new byte[] {'x', 'y', 'z'});
        w.file("a/b/c", 0755, new byte[] {'2'});
        w.link("a/l", "b/c");
        w.device("dev/console", 0600, 5, 1);
        Map<String, Found> all = read(w.finish());
        assertThat(all.keySet()).containsExactly("a", "a/b", "a/b/c", "a/l", "dev", "dev/console");
        assertThat(get(all, "a/b/c").content()).isEqualTo("xyz");
        assertThat(get(all, "a/b/c").entry().getMode()).isEqualTo(0100755);
        assertThat(get(all, "a").entry().isDirectory()).isTrue();
        assertThat(get(all, "a/l").entry().isSymbolicLink()).isTrue();
        assertThat(get(all, "a/l").content()).isEqualTo("b/c");
        CpioArchiveEntry device = get(all, "dev/console").entry();
        assertThat(device.isCharacterDevice()).isTrue();
        assertThat(device.getRemoteDeviceMaj()).isEqualTo(5);
        assertThat(device.getRemoteDeviceMin()).isEqualTo(1);
    }

    private static byte[] tar() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (var tar = new TarArchiveOutputStream(bytes)) {
            folder(tar, "./usr/");
            file(tar, "./usr/bin/tool", "#!/bin/sh\n");
            file(tar, "./usr/share/doc/tool/copyright", "free");
            TarArchiveEntry link = new TarArchiveEntry("./usr/bin/alias", TarConstants.LF_SYMLINK);
            link.setLinkName("tool");
            tar.putArchiveEntry(link);
            tar.closeArchiveEntry();
            TarArchiveEntry hard = new TarArchiveEntry("./usr/bin/same", TarConstants.LF_LINK);
            hard.setLinkName("./usr/bin/tool");
            tar.putArchiveEntry(hard);
            tar.closeArchiveEntry();
        }
        return bytes.toByteArray();
    }

    private static void folder(TarArchiveOutputStream tar, String name) throws IOException {
        tar.putArchiveEntry(new TarArchiveEntry(name));
        tar.closeArchiveEntry();
    }

    private static void file(TarArchiveOutputStream tar, String name, String text)
            throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setMode(0100755);
        entry.setSize(text.length());
        tar.putArchiveEntry(entry);
        tar.write(text.getBytes(StandardCharsets.UTF_8));
        tar.closeArchiveEntry();
    }

    private static void deb(Path file, byte[] data) throws IOException {
        try (OutputStream out = Files.newOutputStream(file);
                var ar = new ArArchiveOutputStream(out)) {
            member(ar, "debian-binary", "2.0\n".getBytes(StandardCharsets.UTF_8));
            member(ar, "data.tar.xz", data);
        }
    }

    private static void member(ArArchiveOutputStream ar, String name, byte[] bytes)
            throws IOException {
        ar.putArchiveEntry(new ArArchiveEntry(name, bytes.length));
        ar.write(bytes);
        ar.closeArchiveEntry();
    }

    @Test
    void ramdisksHoldBusyboxAndAddedPackages(@TempDir Path folder)
            throws IOException, GuestException {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (var xz = new XZOutputStream(data, new LZMA2Options(1))) {
            xz.write(tar());
        }
        Path deb = folder.resolve("tool_1_amd64.deb");
        deb(deb, data.toByteArray());
        Map<String, Found> all = read(Initramfs.make(new byte[] {1, 2}, List.of(deb)));
        assertThat(get(all, "init").entry().getMode()).isEqualTo(0100755);
        assertThat(get(all, "init").content()).startsWith("#!/bin/busybox sh\n");
        assertThat(get(all, "bin/busybox").entry().getSize()).isEqualTo(2);
        assertThat(get(all, "bin/sh").content()).isEqualTo("busybox");
        assertThat(get(all, "etc/shrc").content())
                .startsWith("alias tool=/usr/bin/tool\nalias alias=/usr/bin/alias\n");
        assertThat(get(all, "usr/bin/tool").content()).isEqualTo("#!/bin/sh\n");
        assertThat(get(all, "usr/bin/alias").content()).isEqualTo("tool");
        assertThat(get(all, "usr/bin/same").content()).isEqualTo("/usr/bin/tool");
        assertThat(all.keySet()).noneMatch(n -> n.startsWith("usr/share/doc"));
    }

    @Test
    void damagedPackagesAreSentences(@TempDir Path folder) throws IOException {
        Path deb = folder.resolve("bad.deb");
        Files.writeString(deb, "!<arch>\nrubbish");
        assertThatThrownBy(() -> Initramfs.make(new byte[0], List.of(deb)))
                .isInstanceOf(GuestException.class)
                .hasMessageContaining("bad.deb cannot be unpacked");
        deb(deb, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> Initramfs.make(new byte[0], List.of(deb)))
                .isInstanceOf(GuestException.class);
    }

    @Test
    void theCacheFollowsTheRules() {
        assertThat(CacheFolder.of(Map.of("XDG_CACHE_HOME", "/c")).path())
                .isEqualTo(Path.of("/c/xenolith"));
        assertThat(CacheFolder.of(Map.of("XDG_CACHE_HOME", "relative")).path())
                .isEqualTo(Path.of(System.getProperty("user.home"), ".cache", "xenolith"));
    }

    @Test
    void anUnusableCacheIsASentence(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("xenolith"));
        CacheFolder cache = CacheFolder.of(Map.of("XDG_CACHE_HOME", folder.toString()));
        assertThat(cache.path()).isEqualTo(file);
        DebianGuest guest = new DebianGuest(cache, line -> {});
        assertThatThrownBy(() -> guest.kernel(DebianGuest.KERNEL_PACKAGE))
                .isInstanceOf(GuestException.class)
                .hasMessageStartingWith("The cache " + file)
                .hasMessageContaining("XDG_CACHE_HOME");
    }

    /** orderly_poweroff and orderly_reboot of Linux run these programs. */
    @Test
    void theKernelCanEndTheGuest() throws Exception {
        Map<String, Found> all = read(Initramfs.make(new byte[] {1}, List.of()));
        for (String end : List.of("halt", "poweroff", "reboot")) {
            Found program = get(all, "sbin/" + end);
            assertThat(program.content()).endsWith("exec /bin/busybox " + end + " -f\n");
            assertThat(program.entry().getMode()).isEqualTo(0100755);
        }
    }
}
