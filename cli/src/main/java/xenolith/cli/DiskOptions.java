package xenolith.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Bootloader;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.image.DebianDisk;
import xenolith.toolstack.image.DiskRequest;

/** Disks of a guest on the command line. */
final class DiskOptions {
    private static final String DEBIAN = "debian";

    /** In front of the words of a disk: what is written stays in memory. */
    private static final String IN_MEMORY = "in-memory,";

    @Option(
            names = "--disk",
            paramLabel = "DISK",
            description = {
                "A disk, in the syntax of xl.cfg: TARGET,FORMAT,VDEV,ACCESS, or only its file,",
                "which is xvda, xvdb, ... then, and qcow2 if it is named so. May be repeated.",
                "'debian' is the disk that 'xenolith image debian' makes, made if need be; what the",
                "guest writes to it is kept in memory, for this run only."
            })
    private List<String> disks = List.of();

    @Option(
            names = "--snapshot",
            description = "Keeps what the guest writes to its disks in memory, for this run only.")
    private boolean snapshot;

    @Option(
            names = "--bootloader",
            paramLabel = "grub",
            description =
                    "GRUB for Xen starts the kernel that /boot/grub/grub.cfg of a disk names.")
    private @Nullable String bootloader;

    /** Whether Debian's disk is among these. */
    boolean hasDebian() {
        return disks.contains(DEBIAN);
    }

    /**
     * {@code domain} with these disks, too; with the kernel that belongs to Debian's disk, unless
     * another or a bootloader is named.
     */
    DomainSpec add(DomainSpec given, Consumer<String> progress) throws ToolException {
        DomainSpec domain = given;
        if (bootloader != null) {
            Optional<Bootloader> known = Bootloader.of(bootloader);
            if (known.isEmpty()) {
                throw new ToolException(
                        "--bootloader is \"" + bootloader + "\", but only grub is known.");
            }
            domain = domain.with(b -> b.bootloader = known);
        }
        return hasDebian() ? withDebian(domain, progress) : withDisks(domain, List.of());
    }

    private DomainSpec withDebian(DomainSpec domain, Consumer<String> progress)
            throws ToolException {
        DiskRequest request = DiskRequest.defaults();
        DebianDisk debian = DebianDisk.kept(request, CacheFolder.of(System.getenv()), progress);
        DomainSpec whole = withDisks(domain, List.of(debian.disk()));
        if (whole.kernel().isPresent() || whole.bootloader().isPresent()) {
            return whole;
        }
        return whole.with(b -> {
            b.kernel = Optional.of(debian.kernel());
            b.ramdisk = Optional.of(debian.ramdisk());
            b.cmdline = b.cmdline.isEmpty() ? request.commandLine() : b.cmdline;
        });
    }

    private DomainSpec withDisks(DomainSpec domain, List<Path> debian) {
        List<Value.Text> all = new ArrayList<>(domain.disks());
        for (String text : disks) {
            String file = text.equals(DEBIAN) ? debian.get(0).toString() : text;
            String words = whole(file, all.size());
            all.add(
                    new Value.Text(
                            new Position("--disk", 1, 0),
                            text.equals(DEBIAN) && !snapshot ? IN_MEMORY + words : words));
        }
        if (snapshot) {
            all.replaceAll(t -> new Value.Text(t.at(), IN_MEMORY + t.text()));
        }
        return domain.with(b -> b.disks = all);
    }

    private static String whole(String text, int index) {
        if (text.indexOf(',') >= 0 || text.indexOf('=') >= 0) {
            return text;
        }
        String format = text.endsWith(".qcow2") ? "qcow2" : "raw";
        return text + "," + format + ",xvd" + (char) ('a' + index % 26) + ",rw";
    }
}
