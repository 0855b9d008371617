package xenolith.toolstack.build;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/** The ways in which a kernel can be packed, each known by its first bytes. */
enum Payload {
    GZIP("1f8b"),
    XZ("fd377a585a00"),
    LZMA("5d0000"),
    ZSTD("28b52ffd"),
    LZ4("02214c18"),
    BZIP2("425a68"),
    LZO("894c5a4f");

    private final byte[] magic;

    Payload(String magic) {
        this.magic = HexFormat.of().parseHex(magic);
    }

    static Optional<Payload> of(MemorySegment bytes) {
        for (Payload p : values()) {
            if (bytes.byteSize() > p.magic.length && p.starts(bytes)) {
                return Optional.of(p);
            }
        }
        return Optional.empty();
    }

    private boolean starts(MemorySegment bytes) {
        for (int i = 0; i < magic.length; i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, i) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** For messages. */
    String words() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    /**
     * Unpacks {@code bytes}.
     *
     * @param sizeFollows whether the last four bytes are the unpacked size, put there by the
     *     kernel's build for all kinds but gzip, whose own trailer ends so
     */
    InputStream open(byte[] bytes, boolean sizeFollows) throws IOException {
        int length = sizeFollows && this != GZIP ? bytes.length - 4 : bytes.length;
        InputStream in = new ByteArrayInputStream(bytes, 0, length);
        return switch (this) {
            case GZIP -> new GZIPInputStream(in, 1 << 16);
            case XZ -> new SingleXZInputStream(in);
            case LZMA -> new LZMAInputStream(in);
            case ZSTD -> new ZstdInputStreamNoFinalizer(in);
            case LZ4 -> new Lz4LegacyInputStream(bytes, length);
            case BZIP2 -> new BZip2CompressorInputStream(in);
            case LZO -> throw new IOException("LZO is not supported; repack the kernel");
        };
    }
}
