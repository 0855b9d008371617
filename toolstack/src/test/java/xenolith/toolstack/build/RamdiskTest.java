package xenolith.toolstack.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RamdiskTest {
    @TempDir Path folder;

    private static byte[] content(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("ramdisk"), bytes);
    }

    private static byte[] all(Ramdisk ramdisk) throws BuildException {
        byte[] all = new byte[(int) ramdisk.length()];
        byte[] piece = new byte[5000];
        for (int at = 0; at < all.length; at += piece.length) {
            int n = Math.min(piece.length, all.length - at);
            ramdisk.copy(at, piece, n);
            System.arraycopy(piece, 0, all, at, n);
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1000, 8 << 20, (8 << 20) + 1, 9_000_001})
    void keepsAFileThatGoesAway(int size) throws Exception {
        byte[] bytes = content(size);
        Path path = file(bytes);
        try (Ramdisk ramdisk = Ramdisk.read(path)) {
            Files.delete(path);
            assertThat(all(ramdisk)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000, 9_000_001})
    void unpacksGzip(int size) throws Exception {
        byte[] bytes = content(size);
        try (Ramdisk ramdisk = Ramdisk.read(file(packed(bytes)))) {
            assertThat(all(ramdisk)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 9_000_001})
    void leavesHalfAGzipToTheGuest(int size) throws Exception {
        byte[] whole = packed(content(size));
        byte[] half = Arrays.copyOf(whole, whole.length / 2);
        try (Ramdisk ramdisk = Ramdisk.read(file(half))) {
            assertThat(all(ramdisk)).isEqualTo(half);
        }
    }

    @Test
    void saysWhatIsWrong() {
        assertThatThrownBy(() -> Ramdisk.read(folder.resolve("none")))
                .isInstanceOf(BuildException.class)
                .hasMessageContaining("There is no ramdisk");
        assertThatThrownBy(() -> Ramdisk.read(folder))
                .isInstanceOf(BuildException.class)
                .hasMessageContaining("it is a folder");
    }
}
