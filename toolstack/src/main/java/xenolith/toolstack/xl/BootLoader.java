package xenolith.toolstack.xl;

import java.nio.file.Path;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;

/** Opens what a domain's description says that it boots from. */
public final class BootLoader {
    private BootLoader() {}

    /**
     * Opens kernel and ramdisk of {@code spec}; kernels that were unpacked before come from {@code
     * cache}.
     */
    public static BootFiles open(DomainSpec spec, UnpackCache cache) throws ToolException {
        Path kernel =
                spec.kernel()
                        .orElseThrow(() ->
                                new ToolException(
                                        "The configuration of "
                                                + spec.name()
                                                + " names no kernel; say kernel=\"FILE\" in it."));
        KernelImage image = KernelImage.open(kernel, cache);
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
}
