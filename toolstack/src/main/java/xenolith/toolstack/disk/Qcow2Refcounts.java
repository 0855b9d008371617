package xenolith.toolstack.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reference counts of a qcow2 image's clusters, and with them which are free. Changes stay in
 * memory until they are written, first blocks and then the table. Under the lock of its disk.
 */
final class Qcow2Refcounts {
    private final DiskFile file;
    private final Qcow2Header header;
    private final int clusterBits;
    private final int perBlock;
    private long tableOffset;

    /** Offset of the block for each part of the file; 0 where there is none. */
    private long[] table;

    private final Map<Integer, ByteBuffer> blocks = new HashMap<>();
    private final Set<Integer> dirtyBlocks = new TreeSet<>();
    private final Set<Integer> dirtyEntries = new TreeSet<>();

    /** Clusters that hold tables: no data may be there. */
    private final Set<Long> tables = new HashSet<>();

    private final List<Long> freed = new ArrayList<>();
    private long hint = 1;

    Qcow2Refcounts(DiskFile file, Qcow2Header header) throws IOException {
        this.file = file;
        this.header = header;
        this.clusterBits = header.clusterBits();
        this.perBlock = 1 << clusterBits + 3 - header.refcountOrder();
        this.tableOffset = header.refcountTable();
        ByteBuffer bytes = ByteBuffer.allocate(header.refcountTableClusters() << clusterBits);
        file.read(tableOffset, bytes);
        table = new long[bytes.capacity() / 8];
        bytes.flip().asLongBuffer().get(table);
        addTable(0, 1);
        addTable(header.l1Offset(), 8L * header.l1Entries());
        addTable(tableOffset, bytes.capacity());
        for (long offset : table) {
            if (offset != 0) {
                if (offset < 0 || (offset & (1L << clusterBits) - 1) != 0) {
                    throw corrupt(String.format("a reference count block at 0x%x", offset));
                }
                addTable(offset, 1);
            }
        }
    }

    private CorruptImageException corrupt(String what) {
        return new CorruptImageException(header.path(), what);
    }

    /** Remembers that {@code bytes} at {@code offset} are a table. */
    void addTable(long offset, long bytes) {
        for (long at = offset; at < offset + bytes; at += 1L << clusterBits) {
            tables.add(at >>> clusterBits);
        }
    }

    /** Whether the cluster at {@code offset} is known to hold a table. */
    boolean isTable(long offset) {
        return tables.contains(offset >>> clusterBits);
    }

    // ---- counts ------------------------------------------------------------------------------

    private ByteBuffer block(int index) throws IOException {
        ByteBuffer b = blocks.get(index);
        if (b == null) {
            b = ByteBuffer.allocate(1 << clusterBits);
            file.readPadded(table[index], b);
            blocks.put(index, b);
        }
        return b;
    }

    private long count(long cluster) throws IOException {
        int index = (int) (cluster / perBlock);
        if (index >= table.length || table[index] == 0) {
            return 0;
        }
        ByteBuffer b = block(index);
        int i = (int) (cluster % perBlock);
        return switch (header.refcountOrder()) {
            case 3 -> b.get(i) & 0xff;
            case 4 -> b.getShort(2 * i) & 0xffff;
            case 5 -> b.getInt(4 * i) & 0xffff_ffffL;
            case 6 -> b.getLong(8 * i);
            default -> {
                int bits = 1 << header.refcountOrder();
                yield b.get(i * bits >>> 3) >>> (i * bits & 7) & (1 << bits) - 1;
            }
        };
    }

    /** Sets the count of {@code cluster}, whose block is there. */
    private void setCount(long cluster, long count) throws IOException {
        int index = (int) (cluster / perBlock);
        ByteBuffer b = block(index);
        int i = (int) (cluster % perBlock);
        switch (header.refcountOrder()) {
            case 3 -> b.put(i, (byte) count);
            case 4 -> b.putShort(2 * i, (short) count);
            case 5 -> b.putInt(4 * i, (int) count);
            case 6 -> b.putLong(8 * i, count);
            default -> {
                int bits = 1 << header.refcountOrder();
                int at = i * bits >>> 3;
                int shift = i * bits & 7;
                int mask = (1 << bits) - 1 << shift;
                b.put(at, (byte) (b.get(at) & ~mask | (int) count << shift));
            }
        }
        dirtyBlocks.add(index);
    }

    // ---- allocating --------------------------------------------------------------------------

    /** Takes a free cluster; its offset. What is in it is undefined. */
    long allocate() throws IOException {
        for (long cluster = hint; ; cluster++) {
            int index = (int) (cluster / perBlock);
            if (index >= table.length) {
                growTable();
            }
            if (table[index] == 0) {
                makeBlock(index, cluster);
            } else if (count(cluster) == 0) {
                if (tables.contains(cluster)) {
                    throw corrupt("cluster " + cluster + " holds a table, but counts as free");
                }
                setCount(cluster, 1);
                hint = cluster + 1;
                return cluster << clusterBits;
            }
        }
    }

    /** Makes block {@code index} in {@code cluster}, which is the first one that it counts. */
    private void makeBlock(int index, long cluster) throws IOException {
        if (tables.contains(cluster)) {
            throw corrupt("cluster " + cluster + " holds a table, but is not counted");
        }
        blocks.put(index, ByteBuffer.allocate(1 << clusterBits));
        table[index] = cluster << clusterBits;
        addTable(table[index], 1);
        setCount(cluster, 1);
        dirtyEntries.add(index);
    }

    /**
     * Puts a longer table, with the blocks that count it, behind all that the old one could count.
     */
    private void growTable() throws IOException {
        final long oldOffset = tableOffset;
        final int oldBytes = 8 * table.length;
        write();
        long first = (long) table.length * perBlock;
        int tableClusters = (oldBytes >>> clusterBits) * 2;
        int blockCount = (tableClusters + perBlock) / perBlock;
        while ((long) blockCount * perBlock < blockCount + tableClusters) {
            blockCount++;
        }
        int oldLength = table.length;
        table = java.util.Arrays.copyOf(table, tableClusters << clusterBits - 3);
        for (int i = 0; i < blockCount; i++) {
            blocks.put(oldLength + i, ByteBuffer.allocate(1 << clusterBits));
            table[oldLength + i] = first + i << clusterBits;
        }
        for (long c = first; c < first + blockCount + tableClusters; c++) {
            setCount(c, 1);
        }
        addTable(first << clusterBits, (long) (blockCount + tableClusters) << clusterBits);
        writeBlocks();
        tableOffset = first + blockCount << clusterBits;
        ByteBuffer bytes = ByteBuffer.allocate(8 * table.length);
        bytes.asLongBuffer().put(table);
        file.write(tableOffset, bytes);
        file.force();
        ByteBuffer place = ByteBuffer.allocate(12).putLong(tableOffset).putInt(tableClusters);
        file.write(Qcow2Header.REFCOUNT_TABLE_AT, place.flip());
        file.force();
        for (long at = oldOffset; at < oldOffset + oldBytes; at += 1L << clusterBits) {
            tables.remove(at >>> clusterBits);
            free(at);
        }
    }

    /**
     * Drops a reference to the cluster of {@code offset}, once nothing on the disk refers to it any
     * more: with {@link #dropFreed}.
     */
    void free(long offset) {
        freed.add(offset >>> clusterBits);
    }

    /** Whether {@link #dropFreed} has something to do. */
    boolean hasFreed() {
        return !freed.isEmpty();
    }

    /** Drops the references that were {@link #free}d: what referred to them is on the disk. */
    void dropFreed() throws IOException {
        for (long cluster : freed) {
            long count = count(cluster);
            if (count == 0) {
                throw corrupt("cluster " + cluster + " is in use, but counts as free");
            }
            setCount(cluster, count - 1);
            if (count == 1) {
                hint = Math.min(hint, cluster);
                tables.remove(cluster);
            }
        }
        freed.clear();
    }

    // ---- writing -----------------------------------------------------------------------------

    /** Whether {@link #write} has something to do. */
    boolean dirty() {
        return !dirtyBlocks.isEmpty() || !dirtyEntries.isEmpty();
    }

    /** Writes what has changed; all of it and all earlier writes are safe then. */
    void write() throws IOException {
        writeBlocks();
        file.force();
        if (!dirtyEntries.isEmpty()) {
            for (int index : dirtyEntries) {
                ByteBuffer entry = ByteBuffer.allocate(8).putLong(table[index]).flip();
                file.write(tableOffset + 8L * index, entry);
            }
            dirtyEntries.clear();
            file.force();
        }
    }

    private void writeBlocks() throws IOException {
        for (int index : dirtyBlocks) {
            file.write(table[index], block(index).duplicate().clear());
        }
        dirtyBlocks.clear();
    }
}
