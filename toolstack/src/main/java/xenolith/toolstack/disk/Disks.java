package xenolith.toolstack.disk;

import java.io.IOException;
import java.nio.file.Path;

/** Opens disks of all formats. */
public final class Disks {
    /** Formats of images. */
    public enum Format {
        RAW,
        QCOW2
    }

    private Disks() {}

    /**
     * Opens the disk {@code path}.
     *
     * @param user who wants it, such as "domain web": for messages
     */
    public static Disk open(
            DiskFiles files, Path path, Format format, boolean readOnly, String user)
            throws DiskException {
        return switch (format) {
            case RAW -> RawDisk.open(files, path, readOnly, user);
            case QCOW2 -> Qcow2Disk.open(files, path, readOnly, user);
        };
    }

    /** Closes {@code c} after something else has failed already. */
    static void close(AutoCloseable c) {
        try {
            c.close();
        } catch (IOException e) {
            // The first error is the one to tell.
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
