package xenolith.toolstack.image;

import java.util.Locale;

/** The file systems an image can have; each is made from a folder, without mounting. */
public enum FileSystemKind {
    /** By mke2fs of e2fsprogs. */
    EXT4("mke2fs", "e2fsprogs", "errors=remount-ro", 1),
    /** By mkfs.btrfs of btrfs-progs. */
    BTRFS("mkfs.btrfs", "btrfs-progs", "defaults", 0);

    private final String tool;
    private final String toolPackage;
    private final String mountOptions;
    private final int checkPass;

    FileSystemKind(String tool, String toolPackage, String mountOptions, int checkPass) {
        this.tool = tool;
        this.toolPackage = toolPackage;
        this.mountOptions = mountOptions;
        this.checkPass = checkPass;
    }

    /** The program that makes it. */
    String tool() {
        return tool;
    }

    /** The Debian package with {@link #tool} and with what the guest needs to check it. */
    String toolPackage() {
        return toolPackage;
    }

    /** The line of /etc/fstab (fstab(5)) for the root file system {@code uuid}. */
    String fstabLine(String uuid) {
        return "UUID=%s / %s %s 0 %d%n".formatted(uuid, this, mountOptions, checkPass);
    }

    /** The name that mount(8) and the command line use. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
