package xenolith.toolstack.disk;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files that the disks of a host are made of: a file has one writer and no readers, or any
 * number of readers. A lock of the file system holds that against other processes that ask for one,
 * this table within the host. A file has one channel, since a process loses all its locks of a file
 * with the first channel that it closes.
 */
public final class DiskFiles {
    private final Map<Object, DiskFile> open = new HashMap<>();

    /**
     * Opens {@code path}.
     *
     * @param user who wants it, for the message to the next who does, such as "domain web"
     */
    public synchronized DiskFile open(Path path, boolean writable, String user)
            throws DiskException {
        Object key = key(path);
        DiskFile there = open.get(key);
        if (there != null) {
            if (writable || there.writable()) {
                throw new DiskException(
                        "The disk "
                                + path
                                + " is in use by "
                                + there.user()
                                + (there.writable() ? ", which writes to it" : "")
                                + ": a disk has one writer or only readers. Detach it there, or"
                                + " make both of them read-only.");
            }
            there.use();
            return there;
        }
        DiskFile file = new DiskFile(this, key, path, channel(path, writable), writable, user);
        open.put(key, file);
        return file;
    }

    synchronized boolean release(DiskFile file) {
        if (file.unuse()) {
            open.remove(file.key());
            return true;
        }
        return false;
    }

    private static Object key(Path path) throws DiskException {
        try {
            Path real = path.toRealPath();
            Object key = Files.readAttributes(real, "fileKey").get("fileKey");
            return key == null ? real : key;
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    private static FileChannel channel(Path path, boolean writable) throws DiskException {
        if (Files.isDirectory(path)) {
            throw new DiskException("The disk " + path + " is a folder, not a file.");
        }
        FileChannel channel = null;
        try {
            channel =
                    writable
                            ? FileChannel.open(
                                    path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                            : FileChannel.open(path, StandardOpenOption.READ);
            FileLock lock = lock(channel, writable);
            if (lock != null) {
                return channel;
            }
        } catch (IOException e) {
            close(channel);
            throw unusable(path, e);
        }
        close(channel);
        throw new DiskException(
                "The disk "
                        + path
                        + " is locked by another process"
                        + (writable ? "" : ", which writes to it")
                        + ". Is another host using it?");
    }

    private static @Nullable FileLock lock(FileChannel channel, boolean writable)
            throws IOException {
        try {
            return channel.tryLock(0, Long.MAX_VALUE, !writable);
        } catch (OverlappingFileLockException e) {
            return null; // another host within this process
        }
    }

    private static void close(@Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new IllegalStateException("a channel without data cannot be closed", e);
            }
        }
    }

    private static DiskException unusable(Path path, IOException e) {
        if (e instanceof NoSuchFileException) {
            return new DiskException("The disk " + path + " does not exist.", e);
        }
        if (e instanceof AccessDeniedException) {
            return new DiskException(
                    "The disk " + path + " cannot be opened: permission denied.", e);
        }
        return new DiskException("The disk " + path + " cannot be opened: " + e.getMessage(), e);
    }
}
