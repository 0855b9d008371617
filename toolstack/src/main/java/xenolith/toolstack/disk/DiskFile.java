package xenolith.toolstack.disk;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;

/** A file of {@link DiskFiles}, which users of the same file may share. For any thread. */
public final class DiskFile implements AutoCloseable {
    private final DiskFiles owner;
    private final Object key;
    private final Path path;
    private final FileChannel channel;
    private final boolean writable;
    private final String user;
    private int users = 1;
    private final NativeFile nativeFile;

    DiskFile(
            DiskFiles owner,
            Object key,
            Path path,
            FileChannel channel,
            boolean writable,
            String user) {
        this.owner = owner;
        this.key = key;
        this.path = path;
        this.channel = channel;
        this.writable = writable;
        this.user = user;
        this.nativeFile = new NativeFile(path, writable);
    }

    Object key() {
        return key;
    }

    void use() {
        users++;
    }

    boolean unuse() {
        return --users == 0;
    }

    String user() {
        return user;
    }

    /** The path it was opened by. */
    public Path path() {
        return path;
    }

    public boolean writable() {
        return writable;
    }

    /** Bytes of the file or block device. */
    public long size() throws IOException {
        return channel.size();
    }

    /** Fills {@code dst} from {@code at} on; an {@link EOFException} if the file ends before. */
    public void read(long at, ByteBuffer dst) throws IOException {
        for (long from = at; dst.hasRemaining(); ) {
            int n = channel.read(dst, from);
            if (n < 0) {
                throw new EOFException(path + " ends at byte " + from);
            }
            from += n;
        }
    }

    /** As {@link #read}, with zeros from the end of the file on. */
    public void readPadded(long at, ByteBuffer dst) throws IOException {
        for (long from = at; dst.hasRemaining(); ) {
            int n = channel.read(dst, from);
            if (n < 0) {
                zero(dst);
                return;
            }
            from += n;
        }
    }

    /** Fills what remains of {@code dst} with zeros. */
    static void zero(ByteBuffer dst) {
        while (dst.remaining() >= 8) {
            dst.putLong(0);
        }
        while (dst.hasRemaining()) {
            dst.put((byte) 0);
        }
    }

    /** Writes what remains in {@code src} from {@code at} on. */
    public void write(long at, ByteBuffer src) throws IOException {
        for (long to = at; src.hasRemaining(); ) {
            to += channel.write(src, to);
        }
    }

    /** Makes what was written safe: fsync. */
    public void force() throws IOException {
        if (writable) {
            channel.force(false);
        }
    }

    /** Frees the space of {@code length} bytes at {@code at}, if the file system can do that. */
    public void punch(long at, long length) {
        if (writable && length > 0) {
            nativeFile.punch(at, length);
        }
    }

    /** As {@link Disk#readNow}. */
    public boolean readNow(long at, List<MemorySegment> into) {
        return nativeFile.readNow(at, into);
    }

    /** As {@link Disk#writeNow}. */
    public boolean writeNow(long at, List<MemorySegment> from) {
        return writable && nativeFile.writeNow(at, from);
    }

    /** Gives up the file: the last of its users closes it and its lock. */
    @Override
    public void close() throws IOException {
        if (owner.release(this)) {
            nativeFile.close();
            channel.close();
        }
    }
}
