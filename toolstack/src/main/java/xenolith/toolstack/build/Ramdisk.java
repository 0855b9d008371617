package xenolith.toolstack.build;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The first module of a domain, kept for as long as the domain may reboot, whatever becomes of the
 * file it came from: a small one in memory, a larger one in a temporary file without a name.
 */
public final class Ramdisk implements AutoCloseable {
    /** Bytes up to which it stays in memory. */
    private static final int SMALL = 8 << 20;

    private final byte[] bytes;
    private final @Nullable FileChannel file;
    private final long length;

    private Ramdisk(byte[] bytes) {
        this.bytes = bytes;
        this.file = null;
        this.length = bytes.length;
    }

    private Ramdisk(FileChannel file) throws IOException {
        this.bytes = new byte[0];
        this.file = file;
        this.length = file.size();
    }

    /** No module. */
    public static Ramdisk none() {
        return new Ramdisk(new byte[0]);
    }

    /** A module with these bytes. */
    public static Ramdisk of(byte[] bytes) throws BuildException {
        if (bytes.length <= SMALL) {
            return new Ramdisk(bytes);
        }
        try {
            return keep(new ByteArrayInputStream(bytes));
        } catch (IOException e) {
            throw new BuildException("There is no room for the ramdisk: " + e.getMessage(), e);
        }
    }

    /** Reads {@code path}; a file in gzip is unpacked, as Xen's builder does for speed. */
    public static Ramdisk read(Path path) throws BuildException {
        try {
            Ramdisk unpacked = unpack(path);
            if (unpacked != null) {
                return unpacked;
            }
            try (InputStream in = Files.newInputStream(path)) {
                return keep(in);
            }
        } catch (NoSuchFileException e) {
            throw new BuildException("There is no ramdisk " + path + ".", e);
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

    /** What is not gzip from end to end stays as it is (null): the guest may know better. */
    private static @Nullable Ramdisk unpack(Path path) throws IOException {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path))) {
            in.mark(2);
            boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
            in.reset();
            if (!gzip) {
                return null;
            }
            try {
                return keep(new GZIPInputStream(in, 1 << 16));
            } catch (java.util.zip.ZipException | java.io.EOFException e) {
                return null;
            }
        }
    }

    private static Ramdisk keep(InputStream in) throws IOException {
        byte[] start = in.readNBytes(SMALL + 1);
        if (start.length <= SMALL) {
            return new Ramdisk(start);
        }
        Path path = Files.createTempFile("xenolith-ramdisk", null);
        FileChannel file =
                FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            Files.delete(path);
            var out = Channels.newOutputStream(file);
            out.write(start);
            in.transferTo(out);
            return new Ramdisk(file);
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** Bytes it has; 0 for none. */
    public long length() {
        return length;
    }

    /** Copies bytes from {@code at} on to the beginning of {@code to}: {@code n} of them. */
    void copy(long at, byte[] to, int n) throws BuildException {
        if (file == null) {
            System.arraycopy(bytes, (int) at, to, 0, n);
            return;
        }
        ByteBuffer buffer = ByteBuffer.wrap(to, 0, n);
        try {
            while (buffer.hasRemaining()) {
                if (file.read(buffer, at + buffer.position()) < 0) {
                    throw new IOException("its temporary file has become shorter");
                }
            }
        } catch (IOException e) {
            throw new BuildException("The ramdisk cannot be read: " + e.getMessage() + ".", e);
        }
    }

    @Override
    public void close() {
        if (file != null) {
            try {
                file.close();
            } catch (IOException e) {
                // It has no name and goes with the process at the latest.
                return;
            }
        }
    }
}
