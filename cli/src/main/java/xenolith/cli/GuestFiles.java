package xenolith.cli;

import xenolith.toolstack.build.KernelImage;

/**
 * What a guest boots from, in memory, so that a reboot needs no files.
 *
 * @param ramdisk empty if there is none
 * @param kernelName for xenstore, as is {@code ramdiskName}
 */
record GuestFiles(KernelImage kernel, byte[] ramdisk, String kernelName, String ramdiskName) {}
