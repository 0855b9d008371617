package xenolith.toolstack.xl;

import java.nio.file.Path;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;

/**
 * Opens what a domain's description says that it boots from.
 *
 * @param kernels keeps unpacked kernels
 * @param grub where GRUB for Xen is, for domains whose kernel is on their own disk
 */
public record BootLoader(UnpackCache kernels, Grub grub) {
    /** Finds GRUB for Xen. */
    @FunctionalInterface
    public interface Grub {
        /** The file; may take a while, if it has to be got first. */
        Path file() throws ToolException;
    }

    /** One that keeps no kernels and knows no GRUB. */
    public static BootLoader plain() {
        return new BootLoader(
                UnpackCache.none(),
                () -> {
                    throw new ToolException("There is no GRUB for Xen here.");
                });
    }

    /** Opens kernel, or bootloader, and ramdisk of {@code spec}. */
    public BootFiles open(DomainSpec spec) throws ToolException {
        Path kernel = kernel(spec);
        KernelImage image = KernelImage.open(kernel, kernels);
        boolean opened = false;
        try {
            Ramdisk ramdisk =
                    spec.ramdisk().isPresent()
                            ? Ramdisk.read(spec.ramdisk().get())
                            : Ramdisk.none();
            opened = true;
            return new BootFiles(
                    image,
                    ramdisk,
                    kernel.toString(),
                    spec.ramdisk().map(Path::toString).orElse(""));
        } finally {
            if (!opened) {
                image.close();
            }
        }
    }

    private Path kernel(DomainSpec spec) throws ToolException {
        if (spec.kernel().isPresent()) {
            return spec.kernel().get();
        }
        if (spec.bootloader().isEmpty()) {
            throw new ToolException(
                    "The configuration of "
                            + spec.name()
                            + " names no kernel; say kernel=\"FILE\" in it, or bootloader=\"grub\""
                            + " for the kernel on its disk.");
        }
        return switch (spec.bootloader().get()) {
            case GRUB -> withDisk(spec);
        };
    }

    private Path withDisk(DomainSpec spec) throws ToolException {
        if (spec.disks().isEmpty()) {
            throw new ToolException(
                    "The configuration of "
                            + spec.name()
                            + " has a bootloader but no disk that it could boot from.");
        }
        return grub.file();
    }
}
