package xenolith.toolstack.disk;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A qcow2 image (docs/interop/qcow2.txt of QEMU), version 2 or 3, with images below it. Tables are
 * looked at and changed under one lock; reading and overwriting clusters that are there happens
 * outside of it.
 *
 * <p>What a crash may meet: changes of tables are kept in memory and written at a {@link #flush},
 * counts before the entries that need them and entries before the counts that they free, with a
 * force between. So a crash leaves at worst clusters that count as used, and what was flushed.
 */
public final class Qcow2Disk implements Disk {
    private final DiskFile file;
    private final Qcow2Header header;
    private final @Nullable Disk backing;
    private final boolean readOnly;
    private final Qcow2Refcounts refcounts;
    private final Qcow2Tables tables;
    private final Qcow2Compression compression;
    private boolean opened;

    /** The first contradiction that was found: nothing is written any more. */
    private @Nullable IOException broken;

    private Qcow2Disk(DiskFile file, Qcow2Header header, @Nullable Disk backing, boolean readOnly)
            throws IOException {
        this.file = file;
        this.header = header;
        this.backing = backing;
        this.readOnly = readOnly;
        this.refcounts = new Qcow2Refcounts(file, header);
        this.tables = new Qcow2Tables(file, header, refcounts);
        this.compression = new Qcow2Compression(file, header);
    }

    /** Opens {@code path} and all images below it, those for reading only. */
    static Qcow2Disk open(DiskFiles files, Path path, boolean readOnly, String user)
            throws DiskException {
        return open(files, path, readOnly, user, 0);
    }

    private static Qcow2Disk open(
            DiskFiles files, Path path, boolean readOnly, String user, int depth)
            throws DiskException {
        DiskFile file = files.open(path, !readOnly, user);
        Disk below = null;
        try {
            Qcow2Header header = Qcow2Header.read(file);
            if (!readOnly && (header.dirty() || header.corrupt())) {
                throw new DiskException(
                        "The disk "
                                + path
                                + (header.corrupt()
                                        ? " is marked as corrupt"
                                        : " was not closed by its last writer")
                                + ": repair it by 'qemu-img check -r all', or use it read-only.");
            }
            below = below(files, header, user, depth);
            return new Qcow2Disk(file, header, below, readOnly);
        } catch (EOFException e) {
            closeBoth(file, below);
            throw new DiskException(
                    "The disk " + path + " ends within its tables: it is not whole.", e);
        } catch (IOException e) {
            closeBoth(file, below);
            throw new DiskException(
                    e instanceof CorruptImageException && e.getMessage() != null
                            ? e.getMessage()
                            : "The disk " + path + " cannot be read: " + e,
                    e);
        } catch (DiskException e) {
            closeBoth(file, below);
            throw e;
        }
    }

    private static void closeBoth(DiskFile file, @Nullable Disk below) {
        Disks.close(file);
        if (below != null) {
            Disks.close(below);
        }
    }

    private static @Nullable Disk below(DiskFiles files, Qcow2Header header, String user, int depth)
            throws DiskException {
        if (header.backing().isEmpty()) {
            return null;
        }
        String name = header.backing().get();
        if (depth == 64) {
            throw new DiskException("The disk " + header.path() + " is the 65th of its chain.");
        }
        if (name.startsWith("json:") || name.matches("[a-z0-9+-]+://.*")) {
            throw new DiskException(
                    "The disk " + header.path() + " is over " + name + ", which is not a file.");
        }
        Path path = header.path().resolveSibling(name.replaceFirst("^file:", ""));
        String format = header.backingFormat().orElse("");
        return switch (format) {
            case "raw" -> RawDisk.open(files, path, true, user);
            case "qcow2" -> open(files, path, true, user, depth + 1);
            default ->
                    throw new DiskException(
                            "The disk "
                                    + header.path()
                                    + " is over "
                                    + path
                                    + (format.isEmpty()
                                            ? ", but does not say in which format. Set it by"
                                                    + " 'qemu-img rebase -u -b FILE -F FORMAT'."
                                            : " in the format "
                                                    + format
                                                    + ", which is not supported."));
        };
    }

    @Override
    public long size() {
        return header.size() / SECTOR * SECTOR;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    // ---- reading -----------------------------------------------------------------------------

    @Override
    public void read(long at, ByteBuffer dst) throws IOException {
        int limit = dst.limit();
        for (long from = at; dst.position() < limit; ) {
            int n = part(from, limit - dst.position());
            dst.limit(dst.position() + n);
            readCluster(from, dst);
            dst.limit(limit);
            from += n;
        }
    }

    /** How many of {@code length} bytes at {@code at} are in one cluster. */
    private int part(long at, int length) {
        return (int) Math.min(length, header.clusterBytes() - (at & header.clusterBytes() - 1));
    }

    private void readCluster(long at, ByteBuffer dst) throws IOException {
        long entry;
        synchronized (this) {
            entry = tables.entry(at >>> header.clusterBits());
        }
        if ((entry & Qcow2Tables.COMPRESSED) != 0) {
            byte[] cluster = compression.read(entry);
            dst.put(cluster, (int) (at & header.clusterBytes() - 1), dst.remaining());
        } else if (isZero(entry)) {
            DiskFile.zero(dst);
        } else if ((entry & Qcow2Tables.OFFSET) == 0) {
            readBelow(at, dst);
        } else {
            file.readPadded(place(entry) + (at & header.clusterBytes() - 1), dst);
        }
    }

    private boolean isZero(long entry) {
        return header.version() >= 3 && (entry & Qcow2Tables.ZERO) != 0;
    }

    /** The offset that a plain entry names. */
    private long place(long entry) throws IOException {
        long offset = entry & Qcow2Tables.OFFSET;
        if ((offset & header.clusterBytes() - 1) != 0) {
            throw new CorruptImageException(
                    header.path(), String.format("a cluster at 0x%x", offset));
        }
        return offset;
    }

    private void readBelow(long at, ByteBuffer dst) throws IOException {
        int limit = dst.limit();
        if (backing != null && at < backing.size()) {
            dst.limit(dst.position() + (int) Math.min(dst.remaining(), backing.size() - at));
            backing.read(at, dst);
            dst.limit(limit);
        }
        DiskFile.zero(dst);
    }

    // ---- writing -----------------------------------------------------------------------------

    @Override
    public void write(long at, ByteBuffer src) throws IOException {
        int limit = src.limit();
        for (long to = at; src.position() < limit; ) {
            int n = part(to, limit - src.position());
            src.limit(src.position() + n);
            writeCluster(to, src);
            src.limit(limit);
            to += n;
        }
    }

    private void writeCluster(long at, ByteBuffer src) throws IOException {
        long cluster = at >>> header.clusterBits();
        int within = (int) (at & header.clusterBytes() - 1);
        long offset;
        synchronized (this) {
            begin();
            long entry = tables.entry(cluster);
            boolean inPlace =
                    (entry & (Qcow2Tables.COPIED | Qcow2Tables.COMPRESSED)) == Qcow2Tables.COPIED
                            && !isZero(entry)
                            && (entry & Qcow2Tables.OFFSET) != 0;
            if (!inPlace) {
                writeNew(cluster, entry, within, src);
                return;
            }
            offset = place(entry);
            if (refcounts.isTable(offset)) {
                throw breaks(
                        new CorruptImageException(
                                header.path(), "data and a table are both at " + offset));
            }
        }
        file.write(offset + within, src);
    }

    /** Writes to a cluster that has no place of its own yet. */
    private void writeNew(long cluster, long entry, int within, ByteBuffer src) throws IOException {
        try {
            ByteBuffer content = ByteBuffer.allocate(header.clusterBytes());
            if (src.remaining() < content.capacity()) {
                readCluster(cluster << header.clusterBits(), content);
            }
            content.clear().position(within);
            content.put(src);
            long offset = refcounts.allocate();
            file.write(offset, content.clear());
            tables.set(cluster, offset | Qcow2Tables.COPIED);
            drop(entry);
            if (tables.full()) {
                writeTables();
            }
        } catch (CorruptImageException e) {
            throw breaks(e);
        }
    }

    /** Gives up what {@code entry}, which is no longer in a table, refers to. */
    private void drop(long entry) {
        if ((entry & Qcow2Tables.COMPRESSED) != 0) {
            compression.clusters(entry).forEach(refcounts::free);
        } else if ((entry & Qcow2Tables.OFFSET) != 0) {
            refcounts.free(entry & Qcow2Tables.OFFSET);
        }
    }

    private IOException breaks(IOException e) {
        broken = e;
        return e;
    }

    /** Before each change. */
    private void begin() throws IOException {
        if (readOnly) {
            throw new IOException(describe() + " is read-only");
        }
        if (broken != null) {
            throw new IOException("nothing is written any more to " + describe(), broken);
        }
        if (!opened) {
            opened = true;
            if (header.autoclear() != 0) {
                // Such as dirty bitmaps of QEMU, which know nothing of what is written now.
                file.write(Qcow2Header.AUTOCLEAR_AT, ByteBuffer.allocate(8));
            }
        }
    }

    @Override
    public synchronized void discard(long at, long length) throws IOException {
        begin();
        long first = at + header.clusterBytes() - 1 >>> header.clusterBits();
        long end = at + length >>> header.clusterBits();
        if (at + length == size()) {
            end = at + length + header.clusterBytes() - 1 >>> header.clusterBits();
        }
        boolean hides = backing != null;
        if (hides && header.version() < 3) {
            return; // what is below would show
        }
        for (long cluster = first; cluster < end; cluster++) {
            long entry = tables.entry(cluster);
            long next = hides ? Qcow2Tables.ZERO : 0;
            if (entry != next && (entry != 0 || hides)) {
                tables.set(cluster, next);
                drop(entry);
            }
            if (tables.full()) {
                writeTables();
            }
        }
    }

    @Override
    public synchronized void flush() throws IOException {
        if (readOnly) {
            return;
        }
        if (broken == null && (tables.dirty() || refcounts.dirty())) {
            writeTables();
        } else {
            file.force();
        }
    }

    private void writeTables() throws IOException {
        refcounts.write();
        tables.write();
        refcounts.dropFreed();
    }

    @Override
    public String describe() {
        return file.path() + " (qcow2)";
    }

    @Override
    public synchronized void close() throws IOException {
        try {
            flush();
            if (!readOnly && broken == null && refcounts.dirty()) {
                refcounts.write();
            }
        } finally {
            file.close();
            if (backing != null) {
                backing.close();
            }
        }
    }
}
