package xenolith.toolstack.disk;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The header of a qcow2 image, version 2 or 3 (docs/interop/qcow2.txt of QEMU): big-endian numbers,
 * all checked against the format's bounds and the file's length.
 *
 * @param clusterBits a cluster has 2^this bytes, 9 to 21
 * @param size bytes of the disk
 * @param refcountOrder a reference count has 2^this bits, 0 to 6
 * @param zstd whether compressed clusters are zstd frames, else raw deflate streams
 * @param autoclear features whose bits a writer that does not know them must clear
 * @param backing the name of the image below, as it is written
 * @param backingFormat the format of that image, as it is written
 */
record Qcow2Header(
        Path path,
        int version,
        int clusterBits,
        long size,
        int l1Entries,
        long l1Offset,
        long refcountTable,
        int refcountTableClusters,
        int refcountOrder,
        boolean dirty,
        boolean corrupt,
        boolean zstd,
        long autoclear,
        Optional<String> backing,
        Optional<String> backingFormat) {
    static final int MAGIC = 0x514649fb;

    /** Where a writer changes the header. */
    static final int REFCOUNT_TABLE_AT = 48;

    static final int AUTOCLEAR_AT = 88;

    private static final int BACKING_FORMAT = 0xe2792aca;
    private static final int DIRTY = 1;
    private static final int CORRUPT = 1 << 1;
    private static final int COMPRESSION = 1 << 3;
    private static final int MOST_TABLE_BYTES = 32 << 20;
    private static final int MOST_NAME = 1023;

    int clusterBytes() {
        return 1 << clusterBits;
    }

    /** Entries of a level-2 table. */
    int l2Entries() {
        return 1 << clusterBits - 3;
    }

    /** Reads and checks the header of {@code file}. */
    static Qcow2Header read(DiskFile file) throws DiskException {
        try {
            return new Reader(file).header();
        } catch (EOFException e) {
            throw new DiskException("The disk " + file.path() + " ends within its header.", e);
        } catch (IOException e) {
            throw new DiskException("The disk " + file.path() + " cannot be read: " + e, e);
        }
    }

    /** Reads one header. */
    private static final class Reader {
        private final DiskFile file;
        private final Path path;
        private int version;
        private int clusterBits;

        Reader(DiskFile file) {
            this.file = file;
            this.path = file.path();
        }

        private ByteBuffer bytes(long at, int length) throws IOException {
            ByteBuffer b = ByteBuffer.allocate(length);
            file.read(at, b);
            return b.flip();
        }

        private DiskException bad(String what) {
            return new DiskException(
                    "The disk "
                            + path
                            + " is not a sound qcow2 image: "
                            + what
                            + ". 'qemu-img check' may say more.");
        }

        private DiskException unsupported(String what) {
            return new DiskException("The disk " + path + " is a qcow2 image with " + what + ".");
        }

        private void require(boolean sound, String what) throws DiskException {
            if (!sound) {
                throw bad(what);
            }
        }

        Qcow2Header header() throws IOException, DiskException {
            ByteBuffer h = bytes(0, 72);
            if (h.getInt(0) != MAGIC) {
                throw new DiskException(
                        "The disk " + path + " is not a qcow2 image: say format=raw if it is raw.");
            }
            version = h.getInt(4);
            require(version == 2 || version == 3, "its version is " + version);
            clusterBits = h.getInt(20);
            require(clusterBits >= 9 && clusterBits <= 21, "2^" + clusterBits + "-byte clusters");
            if (h.getInt(32) != 0) {
                throw unsupported("encryption, which is not supported");
            }
            ByteBuffer more = version == 3 ? bytes(72, 32) : ByteBuffer.allocate(0);
            int length = version == 3 ? more.getInt(28) : 72;
            require(length >= 72 + more.capacity() && length <= 1 << clusterBits, "header length");
            long features = version == 3 ? more.getLong(0) : 0;
            long unknown = features & ~(DIRTY | CORRUPT | COMPRESSION);
            if (unknown != 0) {
                throw unsupported(
                        String.format(
                                "features that are not supported (bits 0x%x: 0x4 is an external"
                                        + " data file, 0x10 extended level-2 entries)",
                                unknown));
            }
            int compression = (features & COMPRESSION) != 0 ? bytes(104, 1).get(0) : 0;
            require(compression == 0 || compression == 1, "compression type " + compression);
            int order = version == 3 ? more.getInt(24) : 4;
            require(order >= 0 && order <= 6, "counts of 2^" + order + " bits");
            long size = h.getLong(24);
            require(size > 0 && size >>> 56 == 0, "a size of " + size + " bytes");
            int l1Entries = h.getInt(36);
            long covered = (long) l1Entries << 2 * clusterBits - 3;
            require(l1Entries > 0 && l1Entries <= MOST_TABLE_BYTES / 8, "level-1 table too long");
            require(covered >= size, "its level-1 table ends before the disk");
            int clusters = h.getInt(56);
            require(
                    clusters > 0 && (long) clusters << clusterBits <= MOST_TABLE_BYTES,
                    "a reference count table of " + clusters + " clusters");
            return new Qcow2Header(
                    path,
                    version,
                    clusterBits,
                    size,
                    l1Entries,
                    table(h.getLong(40), 8L * l1Entries, "level-1 table"),
                    table(h.getLong(48), (long) clusters << clusterBits, "reference count table"),
                    clusters,
                    order,
                    (features & DIRTY) != 0,
                    (features & CORRUPT) != 0,
                    compression == 1,
                    version == 3 ? more.getLong(16) : 0,
                    backing(h.getLong(8), h.getInt(16)),
                    backingFormat(length));
        }

        private long table(long offset, long bytes, String what) throws IOException, DiskException {
            boolean sound =
                    offset > 0
                            && (offset & (1L << clusterBits) - 1) == 0
                            && offset <= file.size() - bytes;
            require(sound, "its " + what + " is outside of the file");
            return offset;
        }

        private Optional<String> backing(long offset, int length)
                throws IOException, DiskException {
            if (offset == 0) {
                return Optional.empty();
            }
            require(length > 0 && length <= MOST_NAME, "a backing file's name of " + length);
            require(offset > 0 && offset < 1 << clusterBits, "the place of a backing file's name");
            return Optional.of(text(bytes(offset, length)));
        }

        private Optional<String> backingFormat(int start) throws IOException, DiskException {
            int at = start;
            while (at + 8 <= 1 << clusterBits && at + 8 <= file.size()) {
                ByteBuffer head = bytes(at, 8);
                int length = head.getInt(4);
                if (head.getInt(0) == 0) {
                    break;
                }
                require(length >= 0 && length <= (1 << clusterBits) - at - 8, "an extension");
                if (head.getInt(0) == BACKING_FORMAT) {
                    return Optional.of(text(bytes(at + 8L, length)));
                }
                at += 8 + (length + 7 & -8);
            }
            return Optional.empty();
        }

        private static String text(ByteBuffer b) {
            return StandardCharsets.UTF_8.decode(b).toString();
        }
    }
}
