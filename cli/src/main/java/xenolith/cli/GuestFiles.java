package xenolith.cli;

import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;

/**
 * What a guest boots from, kept so that a reboot does not need the files it came from.
 *
 * @param ramdisk of length 0 if there is none
 * @param kernelName for xenstore, as is {@code ramdiskName}
 */
record GuestFiles(KernelImage kernel, Ramdisk ramdisk, String kernelName, String ramdiskName) {}
