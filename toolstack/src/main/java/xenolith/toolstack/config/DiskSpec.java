package xenolith.toolstack.config;

import java.nio.file.Path;
import xenolith.toolstack.disk.Disks;

/**
 * A disk of a domain (xl-disk-configuration(5)).
 *
 * @param text as it was written, for messages
 * @param target the image or block device
 * @param vdev how the guest sees it
 * @param cdrom whether it is a CD, which is read-only
 * @param discard whether the guest may discard
 * @param overlay whether what the guest writes is kept in memory only; not in xl's syntax
 */
public record DiskSpec(
        String text,
        Path target,
        Disks.Format format,
        Vdev vdev,
        boolean readOnly,
        boolean cdrom,
        boolean discard,
        boolean overlay) {}
