package xenolith.toolstack.build;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Reads the first module of a domain. */
public final class Ramdisk {
    private Ramdisk() {}

    /** Reads {@code path}; a file in gzip is unpacked, as Xen's builder does for speed. */
    public static byte[] read(Path path) throws BuildException {
        try {
            return unpack(Files.readAllBytes(path));
        } catch (NoSuchFileException e) {
            throw new BuildException("There is no ramdisk " + path + ".", e);
        } catch (OutOfMemoryError e) {
            throw new BuildException("The ramdisk " + path + " is too large to be read.", e);
        } catch (IOException e) {
            throw new BuildException(
                    "The ramdisk "
                            + path
                            + " cannot be read: "
                            + (Files.isDirectory(path) ? "it is a folder" : e.getMessage())
                            + ".",
                    e);
        }
    }

    /** What is not gzip from end to end stays as it is: the guest may know better. */
    private static byte[] unpack(byte[] bytes) {
        if (bytes.length < 18 || bytes[0] != 0x1f || bytes[1] != (byte) 0x8b) {
            return bytes;
        }
        try (var in = new GZIPInputStream(new ByteArrayInputStream(bytes), 1 << 16)) {
            return in.readAllBytes();
        } catch (IOException e) {
            return bytes;
        }
    }
}
