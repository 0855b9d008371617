package xenolith.toolstack.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** The files that make of plain Debian a disk for a Xen guest. */
final class RootFiles {
    /** For a short way to the login: no self-tests, no work-arounds for processors. */
    static final String KERNEL_OPTIONS =
            "ro console=hvc0 mitigations=off nowatchdog cryptomgr.notests";

    /** DHCP on any network card: eth0 of Debian 12, enX0 of later systemds. */
    private static final String NETWORK =
            """
            [Match]
            Name=en* eth*

            [Network]
            DHCP=yes
            """;

    private static final String UNITS = "/lib/systemd/system/";

    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, String> links = new LinkedHashMap<>();

    private RootFiles() {}

    /**
     * The files of {@code request}.
     *
     * @param sources the lines of /etc/apt/sources.list
     */
    static RootFiles of(DiskRequest request, List<String> sources) {
        RootFiles files = new RootFiles();
        String uuid = request.fileSystemUuid().toString();
        files.texts.put("etc/fstab", request.fileSystem().fstabLine(uuid));
        files.texts.put("etc/hostname", request.hostname() + "\n");
        files.texts.put(
                "etc/hosts",
                "127.0.0.1 localhost\n127.0.1.1 " + request.hostname() + "\n::1 localhost\n");
        files.texts.put("etc/apt/sources.list", String.join("\n", sources) + "\n");
        files.texts.put("etc/systemd/network/80-wired.network", NETWORK);
        files.texts.put("boot/grub/grub.cfg", grub(uuid));
        // An empty file: each machine gets its own at its first boot.
        files.texts.put("etc/machine-id", "");
        request.sshKey()
                .ifPresent(key -> files.texts.put("root/.ssh/authorized_keys", key.strip() + "\n"));
        files.enable("systemd-networkd.service", "multi-user.target.wants");
        files.enable("systemd-networkd.socket", "sockets.target.wants");
        files.links.put(
                "etc/systemd/system/dbus-org.freedesktop.network1.service",
                UNITS + "systemd-networkd.service");
        return files;
    }

    /**
     * What GRUB reads, be it the disk's own or grub-x86_64-xen. Debian's kernel packages keep
     * /vmlinuz and /initrd.img pointing to the newest kernel.
     */
    private static String grub(String uuid) {
        return """
        set default=0
        set timeout=1
        menuentry "Debian" {
            linux /vmlinuz root=UUID=%1$s %2$s
            initrd /initrd.img
        }
        menuentry "Debian, the kernel before" {
            linux /vmlinuz.old root=UUID=%1$s %2$s
            initrd /initrd.img.old
        }
        """
                .formatted(uuid, KERNEL_OPTIONS);
    }

    private void enable(String unit, String folder) {
        links.put("etc/systemd/system/" + folder + "/" + unit, UNITS + unit);
    }

    /** Writes them as a tar archive whose entries are root's. */
    void write(Path file) throws IOException {
        try (var tar =
                new TarArchiveOutputStream(
                        new BufferedOutputStream(Files.newOutputStream(file)), "UTF-8")) {
            if (texts.containsKey("root/.ssh/authorized_keys")) {
                TarArchiveEntry folder = new TarArchiveEntry("root/.ssh/");
                folder.setMode(0700);
                tar.putArchiveEntry(folder);
                tar.closeArchiveEntry();
            }
            for (var text : texts.entrySet()) {
                byte[] bytes = text.getValue().getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry(text.getKey());
                entry.setMode(0644);
                entry.setSize(bytes.length);
                tar.putArchiveEntry(entry);
                tar.write(bytes);
                tar.closeArchiveEntry();
            }
            for (var link : links.entrySet()) {
                TarArchiveEntry entry = new TarArchiveEntry(link.getKey(), TarConstants.LF_SYMLINK);
                entry.setLinkName(link.getValue());
                tar.putArchiveEntry(entry);
                tar.closeArchiveEntry();
            }
        }
    }
}
