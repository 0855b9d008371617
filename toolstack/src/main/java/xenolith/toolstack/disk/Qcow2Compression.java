package xenolith.toolstack.disk;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Compressed clusters of a qcow2 image: raw deflate streams or zstd frames, at any byte of the
 * file, over whole sectors from there on.
 */
final class Qcow2Compression {
    private static final int SECTOR = 512;

    private final DiskFile file;
    private final Qcow2Header header;

    /** Bits of the offset in an entry; those of the number of sectors follow. */
    private final int offsetBits;

    Qcow2Compression(DiskFile file, Qcow2Header header) {
        this.file = file;
        this.header = header;
        this.offsetBits = 62 - (header.clusterBits() - 8);
    }

    private long offset(long entry) {
        return entry & (1L << offsetBits) - 1;
    }

    private int length(long entry) {
        long more = entry >>> offsetBits & (1L << 62 - offsetBits) - 1;
        return (int) ((more + 1) * SECTOR - (offset(entry) & SECTOR - 1));
    }

    /** The content of the cluster of {@code entry}. */
    byte[] read(long entry) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length(entry));
        file.readPadded(offset(entry), bytes);
        byte[] cluster = new byte[header.clusterBytes()];
        int n = header.zstd() ? unzstd(bytes.array(), cluster) : inflate(bytes.array(), cluster);
        if (n != cluster.length) {
            throw new CorruptImageException(
                    header.path(), String.format("the compressed cluster at 0x%x", offset(entry)));
        }
        return cluster;
    }

    private static int inflate(byte[] bytes, byte[] cluster) {
        try (Inflater inflater = new Inflater(true)) {
            inflater.setInput(bytes);
            int n = 0;
            while (n < cluster.length) {
                int more = inflater.inflate(cluster, n, cluster.length - n);
                if (more == 0) {
                    break;
                }
                n += more;
            }
            return n;
        } catch (DataFormatException e) {
            return -1;
        }
    }

    private static int unzstd(byte[] bytes, byte[] cluster) {
        try {
            long frame = Zstd.findFrameCompressedSize(bytes);
            if (frame <= 0 || frame > bytes.length) {
                return -1;
            }
            return (int)
                    Zstd.decompressByteArray(cluster, 0, cluster.length, bytes, 0, (int) frame);
        } catch (ZstdException e) {
            return -1;
        }
    }

    /** Offsets of the clusters that the compressed one of {@code entry} lies in. */
    List<Long> clusters(long entry) {
        List<Long> all = new ArrayList<>();
        long end = offset(entry) + length(entry);
        long at = offset(entry) & -header.clusterBytes();
        for (; at < end; at += header.clusterBytes()) {
            all.add(at);
        }
        return all;
    }
}
