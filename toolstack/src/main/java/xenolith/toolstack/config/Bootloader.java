package xenolith.toolstack.config;

import java.util.Optional;
import java.util.Set;

/** What finds the kernel on the guest's own disk. */
public enum Bootloader {
    /**
     * grub-x86_64-xen, which runs in the guest, reads /boot/grub/grub.cfg of its disks and starts
     * the kernel there. Real Xen's pygrub reads the same file in domain 0, with no more to protect
     * it than a process has.
     */
    GRUB;

    private static final Set<String> NAMES =
            Set.of("grub", "grub2", "pygrub", "pvgrub", "pvgrub64", "pv-grub");

    /** The one that xl.cfg's {@code bootloader} means: a name, or the path of such a program. */
    public static Optional<Bootloader> of(String text) {
        String name = text.substring(text.lastIndexOf('/') + 1);
        return NAMES.contains(name) ? Optional.of(GRUB) : Optional.empty();
    }
}
