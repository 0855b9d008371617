package xenolith.toolstack.xl;

import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;

/**
 * What a guest boots from, kept so that a reboot does not need the files it came from. Closed by
 * whoever made it, when its domain is gone for good.
 *
 * @param ramdisk of length 0 if there is none
 * @param kernelName for xenstore, as is {@code ramdiskName}
 */
public record BootFiles(KernelImage kernel, Ramdisk ramdisk, String kernelName, String ramdiskName)
        implements AutoCloseable {
    @Override
    public void close() {
        kernel.close();
        ramdisk.close();
    }
}
