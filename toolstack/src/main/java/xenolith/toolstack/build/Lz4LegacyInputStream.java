package xenolith.toolstack.build;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The legacy frame of LZ4, which Linux uses for kernels: a magic number, then blocks of at most 8
 * MiB unpacked, each after its packed size (lz4 Frame format description, "Legacy frame"; LZ4 Block
 * format description).
 */
final class Lz4LegacyInputStream extends InputStream {
    private static final int MAGIC = 0x184c2102;
    private static final int BLOCK = 8 << 20;

    private final ByteBuffer source;
    private final byte[] block = new byte[BLOCK];
    private ByteArrayInputStream unpacked = new ByteArrayInputStream(block, 0, 0);

    Lz4LegacyInputStream(byte[] bytes, int length) {
        this.source = ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.LITTLE_ENDIAN);
        source.getInt();
    }

    @Override
    public int read() throws IOException {
        return fill() ? unpacked.read() : -1;
    }

    @Override
    public int read(byte[] b, int off, int len) throws IOException {
        return fill() ? unpacked.read(b, off, len) : -1;
    }

    private boolean fill() throws IOException {
        while (unpacked.available() == 0) {
            if (source.remaining() < 4) {
                return false;
            }
            int size = source.getInt();
            if (size == MAGIC) {
                continue;
            }
            if (size <= 0 || size > source.remaining()) {
                throw new IOException("a block of " + size + " bytes lies beyond the end");
            }
            unpacked = new ByteArrayInputStream(block, 0, block(source.position() + size));
        }
        return true;
    }

    /** Unpacks the block up to {@code end} of the source; answers its unpacked size. */
    private int block(int end) throws IOException {
        int out = 0;
        while (source.position() < end) {
            int token = source.get() & 0xff;
            int literals = length(token >> 4, end);
            if (literals > end - source.position() || literals > BLOCK - out) {
                throw new IOException("a run of literals is too long");
            }
            source.get(block, out, literals);
            out += literals;
            if (source.position() == end) {
                break;
            }
            if (end - source.position() < 2) {
                throw new IOException("a block ends within a match");
            }
            int distance = source.getShort() & 0xffff;
            int match = length(token & 15, end) + 4;
            if (distance == 0 || distance > out || match > BLOCK - out) {
                throw new IOException("a match lies outside its block");
            }
            out = copy(out, distance, match);
        }
        return out;
    }

    private int length(int start, int end) throws IOException {
        int length = start;
        if (start == 15) {
            int more;
            do {
                if (source.position() >= end) {
                    throw new IOException("a block ends within a length");
                }
                more = source.get() & 0xff;
                length += more;
            } while (more == 255 && length < BLOCK * 2);
        }
        return length;
    }

    /** Byte by byte where source and destination overlap: that repeats a pattern. */
    private int copy(int out, int distance, int match) {
        if (distance >= match) {
            System.arraycopy(block, out - distance, block, out, match);
        } else {
            for (int i = 0; i < match; i++) {
                block[out + i] = block[out + i - distance];
            }
        }
        return out + match;
    }
}
