package xenolith.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Bootloader;
import xenolith.toolstack.config.DiskReader;
import xenolith.toolstack.config.DiskSpec;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.disk.Disk;
import xenolith.toolstack.disk.DiskFiles;
import xenolith.toolstack.disk.Disks;
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
                "Where no kernel is named, F.vmlinuz and F.initrd beside the first disk F are",
                "booted, or the menu of its own GRUB if it has a partition table.",
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
     * {@code given} with these disks, too, and with what the first of them boots from, unless a
     * kernel or a bootloader is named.
     *
     * @param otherKernel whether a kernel is named that the domain does not tell of
     */
    DomainSpec add(DomainSpec given, boolean otherKernel, Consumer<String> progress)
            throws ToolException {
        DomainSpec domain = given;
        if (bootloader != null) {
            Optional<Bootloader> known = Bootloader.of(bootloader);
            if (known.isEmpty()) {
                throw new ToolException(
                        "--bootloader is \"" + bootloader + "\", but only grub is known.");
            }
            domain = domain.with(b -> b.bootloader = known);
        }
        if (hasDebian()) {
            return withDebian(domain, progress);
        }
        DomainSpec whole = withDisks(domain, List.of());
        boolean free = whole.kernel().isEmpty() && whole.bootloader().isEmpty() && !otherKernel;
        return free && !disks.isEmpty()
                ? bootable(whole, whole.disks().get(domain.disks().size()), progress)
                : whole;
    }

    /** {@code domain}, booted from the disk {@code words} if that has anything to boot. */
    private static DomainSpec bootable(
            DomainSpec domain, Value.Text words, Consumer<String> progress) throws ToolException {
        List<String> told = new ArrayList<>(); // and told again when it is opened
        Path folder = Path.of("").toAbsolutePath();
        DiskSpec disk = DiskReader.read(words.at(), words.text(), folder, told);
        Path file = disk.target();
        Optional<DebianDisk> debian = DebianDisk.beside(file);
        if (debian.isPresent()) {
            progress.accept("Booting " + file + " with its kernel and ramdisk beside it.");
            String partition = disk.vdev().name().replaceFirst("^(sd|hd)", "xvd") + "1";
            return domain.with(b -> {
                b.kernel = debian.map(DebianDisk::kernel);
                b.ramdisk = b.ramdisk.or(() -> debian.map(DebianDisk::ramdisk));
                b.cmdline = b.cmdline.isEmpty() ? DebianDisk.commandLine(partition) : b.cmdline;
            });
        }
        if (isPartitioned(disk)) {
            progress.accept("Booting " + file + " by the menu of its own GRUB.");
            return domain.with(b -> b.bootloader = Optional.of(Bootloader.GRUB));
        }
        progress.accept(
                file
                        + " has no partition table, and there is no "
                        + file.getFileName()
                        + ".vmlinuz beside it: booting Debian's kernel and busybox instead;"
                        + " --modules xen-blkfront,ext4 lets them use the disk.");
        return domain;
    }

    private static boolean isPartitioned(DiskSpec spec) throws ToolException {
        ByteBuffer sector = ByteBuffer.allocate(Disk.SECTOR);
        try (Disk disk =
                Disks.open(new DiskFiles(), spec.target(), spec.format(), true, "this command")) {
            if (disk.size() < Disk.SECTOR) {
                return false;
            }
            disk.read(0, sector);
        } catch (IOException e) {
            throw new ToolException(
                    "The disk " + spec.target() + " cannot be read: " + e.getMessage() + ".", e);
        }
        return DebianDisk.isPartitioned(sector.array());
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
