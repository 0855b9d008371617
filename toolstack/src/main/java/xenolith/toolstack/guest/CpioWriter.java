package xenolith.toolstack.guest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Writes a cpio archive in the "newc" form that Linux takes as initramfs (kernel documentation,
 * driver-api/early-userspace/buffer-format). Folders above an entry are made as needed; an entry
 * that was written stays.
 */
public final class CpioWriter {
    private static final int FOLDER = 0040000;
    private static final int FILE = 0100000;
    private static final int LINK = 0120000;
    private static final int CHARACTER_DEVICE = 0020000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(4 << 20);
    private final Set<String> written = new LinkedHashSet<>();
    private int inode = 1;

    /** Adds the folder {@code path}, such as "usr/bin", and those above it. */
    public void folder(String path, int permissions) {
        if (!path.isEmpty() && !written.contains(path)) {
            above(path);
            entry(path, FOLDER | permissions, new byte[0], 2, 0, 0);
        }
    }

    /** Adds a regular file. */
    public void file(String path, int permissions, byte[] content) {
        if (!written.contains(path)) {
            above(path);
            entry(path, FILE | permissions, content, 1, 0, 0);
        }
    }

    /** Adds a symbolic link to {@code target}. */
    public void link(String path, String target) {
        if (!written.contains(path)) {
            above(path);
            entry(path, LINK | 0777, target.getBytes(StandardCharsets.UTF_8), 1, 0, 0);
        }
    }

    /** Adds a character device. */
    public void device(String path, int permissions, int major, int minor) {
        if (!written.contains(path)) {
            above(path);
            entry(path, CHARACTER_DEVICE | permissions, new byte[0], 1, major, minor);
        }
    }

    private void above(String path) {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            folder(path.substring(0, slash), 0755);
        }
    }

    private void entry(String path, int mode, byte[] content, int links, int major, int minor) {
        written.add(path);
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        int[] fields = {
            inode++, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length, 0
        };
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append(String.format(Locale.ROOT, "%08x", field));
        }
        out.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(name);
        pad();
        out.writeBytes(content);
        pad();
    }

    private void pad() {
        while ((out.size() & 3) != 0) {
            out.write(0);
        }
    }

    /** Ends the archive; nothing can be added afterwards. */
    public byte[] finish() {
        inode = 0;
        entry("TRAILER!!!", 0, new byte[0], 1, 0, 0);
        return out.toByteArray();
    }
}
