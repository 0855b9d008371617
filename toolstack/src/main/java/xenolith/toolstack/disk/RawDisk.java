package xenolith.toolstack.disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** A raw image, which may be sparse, or a block device. */
public final class RawDisk implements Disk {
    private final DiskFile file;
    private final long size;
    private final boolean readOnly;

    private RawDisk(DiskFile file, long size, boolean readOnly) {
        this.file = file;
        this.size = size;
        this.readOnly = readOnly;
    }

    /** Opens {@code path}; bytes behind the last whole sector are left alone. */
    static RawDisk open(DiskFiles files, Path path, boolean readOnly, String user)
            throws DiskException {
        DiskFile file = files.open(path, !readOnly, user);
        try {
            return of(file, readOnly);
        } catch (DiskException e) {
            Disks.close(file);
            throw e;
        }
    }

    static RawDisk of(DiskFile file, boolean readOnly) throws DiskException {
        try {
            long size = file.size() / SECTOR * SECTOR;
            if (size == 0) {
                throw new DiskException(
                        "The disk " + file.path() + " is shorter than a sector of 512 bytes.");
            }
            return new RawDisk(file, size, readOnly);
        } catch (IOException e) {
            throw new DiskException("The disk " + file.path() + " has no size.", e);
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long at, ByteBuffer dst) throws IOException {
        file.read(at, dst);
    }

    @Override
    public void write(long at, ByteBuffer src) throws IOException {
        file.write(at, src);
    }

    @Override
    public boolean readNow(long at, List<MemorySegment> into) {
        return file.readNow(at, into);
    }

    @Override
    public boolean writeNow(long at, List<MemorySegment> from) {
        return file.writeNow(at, from);
    }

    @Override
    public void flush() throws IOException {
        file.force();
    }

    @Override
    public void discard(long at, long length) throws IOException {
        file.punch(at, length);
    }

    @Override
    public String describe() {
        return file.path().toString();
    }

    @Override
    public void close() throws IOException {
        try {
            file.force();
        } finally {
            file.close();
        }
    }
}
