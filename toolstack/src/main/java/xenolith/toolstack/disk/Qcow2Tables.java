package xenolith.toolstack.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The two levels of tables of a qcow2 image that say where each cluster of the disk is. Changes
 * stay in memory until {@link #write}. Under the lock of its disk.
 */
final class Qcow2Tables {
    static final long COPIED = 1L << 63;
    static final long COMPRESSED = 1L << 62;
    static final long ZERO = 1;
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /** Level-2 tables that are kept in memory though they have not changed. */
    private static final int MOST_BYTES = 16 << 20;

    /** Changed level-2 tables from which on they should be written. */
    private static final int MOST_DIRTY = 64;

    private final DiskFile file;
    private final Qcow2Header header;
    private final Qcow2Refcounts refcounts;
    private final long[] l1;

    /** By level-1 index, the least recently used first. */
    private final Map<Integer, ByteBuffer> l2s = new LinkedHashMap<>(16, 0.75f, true);

    private final Set<Integer> dirtyL2s = new TreeSet<>();
    private final Set<Integer> dirtyL1 = new TreeSet<>();

    Qcow2Tables(DiskFile file, Qcow2Header header, Qcow2Refcounts refcounts) throws IOException {
        this.file = file;
        this.header = header;
        this.refcounts = refcounts;
        ByteBuffer bytes = ByteBuffer.allocate(8 * header.l1Entries());
        file.read(header.l1Offset(), bytes);
        l1 = new long[header.l1Entries()];
        bytes.flip().asLongBuffer().get(l1);
        for (long entry : l1) {
            long offset = entry & OFFSET;
            if (offset != 0) {
                if (!aligned(offset) || refcounts.isTable(offset)) {
                    throw new CorruptImageException(
                            header.path(), String.format("a level-2 table at 0x%x", offset));
                }
                refcounts.addTable(offset, 1);
            }
        }
    }

    private boolean aligned(long offset) {
        return (offset & header.clusterBytes() - 1) == 0;
    }

    /** The level-2 entry of the disk's cluster {@code cluster}; 0 if there is no table for it. */
    long entry(long cluster) throws IOException {
        int i1 = (int) (cluster / header.l2Entries());
        if ((l1[i1] & OFFSET) == 0) {
            return 0;
        }
        return l2(i1).getLong(8 * (int) (cluster % header.l2Entries()));
    }

    /** Sets the level-2 entry of the disk's cluster {@code cluster}. */
    void set(long cluster, long entry) throws IOException {
        int i1 = (int) (cluster / header.l2Entries());
        if ((l1[i1] & COPIED) == 0) {
            own(i1);
        }
        l2(i1).putLong(8 * (int) (cluster % header.l2Entries()), entry);
        dirtyL2s.add(i1);
    }

    /** Gives the image a level-2 table of its own at {@code i1}: none is there, or a shared one. */
    private void own(int i1) throws IOException {
        long old = l1[i1] & OFFSET;
        ByteBuffer content =
                old == 0
                        ? ByteBuffer.allocate(header.clusterBytes())
                        : ByteBuffer.allocate(header.clusterBytes())
                                .put(l2(i1).duplicate().clear());
        long offset = refcounts.allocate();
        refcounts.addTable(offset, 1);
        l2s.put(i1, content.clear());
        l1[i1] = offset | COPIED;
        dirtyL1.add(i1);
        dirtyL2s.add(i1);
        if (old != 0) {
            refcounts.free(old);
        }
    }

    private ByteBuffer l2(int i1) throws IOException {
        ByteBuffer l2 = l2s.get(i1);
        if (l2 == null) {
            makeRoom();
            l2 = ByteBuffer.allocate(header.clusterBytes());
            file.read(l1[i1] & OFFSET, l2);
            l2s.put(i1, l2);
        }
        return l2;
    }

    private void makeRoom() {
        int most = Math.max(2, MOST_BYTES / header.clusterBytes());
        var i = l2s.keySet().iterator();
        while (l2s.size() >= most && i.hasNext()) {
            if (!dirtyL2s.contains(i.next())) {
                i.remove();
            }
        }
    }

    /** Whether so much has changed that it should be written. */
    boolean full() {
        return dirtyL2s.size() >= MOST_DIRTY;
    }

    /** Whether {@link #write} has something to do. */
    boolean dirty() {
        return !dirtyL2s.isEmpty() || !dirtyL1.isEmpty();
    }

    /** Writes what has changed, the lower level first; it is safe then. */
    void write() throws IOException {
        for (int i1 : dirtyL2s) {
            file.write(l1[i1] & OFFSET, l2(i1).duplicate().clear());
        }
        dirtyL2s.clear();
        file.force();
        if (!dirtyL1.isEmpty()) {
            for (int i1 : dirtyL1) {
                ByteBuffer entry = ByteBuffer.allocate(8).putLong(l1[i1]).flip();
                file.write(header.l1Offset() + 8L * i1, entry);
            }
            dirtyL1.clear();
            file.force();
        }
    }
}
