package xenolith.toolstack.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/** Debian's stock kernel and busybox, got once by apt and kept in the user's cache. */
public final class DebianGuest {
    /** The package that always depends on the newest stock kernel. */
    public static final String KERNEL_PACKAGE = "linux-image-amd64";

    /** For a short way to the shell: no self-tests, no work-arounds for processors. */
    public static final String COMMAND_LINE =
            "console=hvc0 rdinit=/init mitigations=off nowatchdog cryptomgr.notests";

    private static final String GRUB_PACKAGE = "grub-xen-host";

    private static final String BUSYBOX_PACKAGE = "busybox-static";

    /** What packages need without saying so: a /bin/sh that runs the programs of packages. */
    private static final List<String> ESSENTIAL = List.of("dash");

    private final CacheFolder cache;
    private final Apt apt;
    private final Consumer<String> progress;

    public DebianGuest(CacheFolder cache, Consumer<String> progress) {
        this.cache = cache;
        this.apt = new Apt(cache, progress);
        this.progress = progress;
    }

    /** The kernel behind {@code kernelPackage}, such as {@link #KERNEL_PACKAGE}. */
    public Path kernel(String kernelPackage) throws GuestException {
        Optional<Path> kept = kept(kernelPackage);
        if (kept.isPresent()) {
            return kept.get();
        }
        String name =
                kernelPackage.matches("linux-image-[0-9].*")
                        ? kernelPackage
                        : apt.dependency(kernelPackage, "linux-image-");
        Path deb = apt.download(name);
        progress.accept("Unpacking " + deb.getFileName() + " ...");
        return keep(kernelPackage, deb, "boot/vmlinuz-");
    }

    /**
     * GRUB as a kernel for a 64-bit PV domain, which reads /boot/grub/grub.cfg or /grub/grub.cfg of
     * the first disk that has one.
     */
    public Path grub() throws GuestException {
        Optional<Path> kept = kept(GRUB_PACKAGE);
        return kept.isPresent()
                ? kept.get()
                : keep(
                        GRUB_PACKAGE,
                        apt.download(GRUB_PACKAGE),
                        "lib/grub-xen/grub-x86_64-xen.bin");
    }

    /** A ramdisk with busybox, and {@code packages} with all they depend on. */
    public byte[] ramdisk(List<String> packages) throws GuestException {
        return ramdisk(packages, KERNEL_PACKAGE, List.of());
    }

    /**
     * As {@link #ramdisk(List)}, with the modules {@code modules} of the kernel behind {@code
     * kernelPackage} and all they depend on, loaded at the start.
     */
    public byte[] ramdisk(List<String> packages, String kernelPackage, List<String> modules)
            throws GuestException {
        Optional<Path> kept = kept(BUSYBOX_PACKAGE);
        Path busybox =
                kept.isPresent()
                        ? kept.get()
                        : keep(BUSYBOX_PACKAGE, apt.download(BUSYBOX_PACKAGE), "bin/busybox");
        List<Path> debs =
                packages.isEmpty()
                        ? List.of()
                        : apt.downloadWithDependencies(
                                Stream.concat(packages.stream(), ESSENTIAL.stream())
                                        .distinct()
                                        .toList());
        try {
            KernelModules wanted =
                    modules.isEmpty()
                            ? KernelModules.none()
                            : KernelModules.of(
                                    kernel(kernelPackage), modules, cache, apt::download);
            return Initramfs.make(Files.readAllBytes(busybox), debs, wanted);
        } catch (IOException e) {
            throw cache.unusable(busybox, e);
        }
    }

    /** The file kept for package {@code name}: a small file names it. */
    private Optional<Path> kept(String name) throws GuestException {
        Path pointer = cache.packages().resolve(name);
        try {
            Path file = cache.packages().resolve(Files.readString(pointer).strip());
            return Files.isReadable(file) ? Optional.of(file) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw cache.unusable(pointer, e);
        }
    }

    /** Keeps the file of {@code deb} whose path starts with {@code start}. */
    private Path keep(String name, Path deb, String start) throws GuestException {
        String folder = deb.getFileName().toString().replaceFirst("\\.deb$", "") + ".files";
        Path target = cache.make(cache.packages().resolve(folder));
        Keeper keeper = new Keeper(target, start);
        DebPackage.visit(deb, keeper);
        if (keeper.found.isEmpty()) {
            throw new GuestException("The package " + deb + " holds no file " + start + ".");
        }
        try {
            Files.writeString(
                    cache.packages().resolve(name),
                    folder + "/" + keeper.found.get().getFileName());
            Files.deleteIfExists(deb);
        } catch (IOException e) {
            throw cache.unusable(target, e);
        }
        return keeper.found.get();
    }

    private static final class Keeper implements DebPackage.Visitor {
        private final Path folder;
        private final String start;
        private Optional<Path> found = Optional.empty();

        Keeper(Path folder, String start) {
            this.folder = folder;
            this.start = start;
        }

        @Override
        public void visit(String path, TarArchiveEntry entry, InputStream content)
                throws IOException {
            String plain = path.startsWith("usr/") ? path.substring(4) : path;
            if (entry.isFile() && plain.startsWith(start) && found.isEmpty()) {
                Path file = folder.resolve(plain.substring(plain.lastIndexOf('/') + 1));
                Path part = Files.createTempFile(folder, "keep", ".part");
                Files.copy(content, part, StandardCopyOption.REPLACE_EXISTING);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
                found = Optional.of(file);
            }
        }
    }
}
