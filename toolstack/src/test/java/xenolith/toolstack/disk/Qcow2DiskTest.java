package xenolith.toolstack.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** qcow2 images against qemu-img, which makes, checks and compares them. */
class Qcow2DiskTest {
    private static final int MIB = 1 << 20;

    @TempDir Path folder;

    private final DiskFiles files = new DiskFiles();

    @BeforeAll
    static void needsQemuImg() {
        Assumptions.assumeTrue(
                Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                        .anyMatch(p -> Files.isExecutable(Path.of(p, "qemu-img"))),
                "qemu-img is not installed");
    }

    private String qemuImg(String... arguments) throws IOException, InterruptedException {
        List<String> command =
                Stream.concat(Stream.of("qemu-img"), Arrays.stream(arguments)).toList();
        Process p =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(p.waitFor()).as("%s said %s", command, said).isZero();
        return said;
    }

    private Disk open(String name, boolean readOnly) throws DiskException {
        return Disks.open(files, folder.resolve(name), Disks.Format.QCOW2, readOnly, "a test");
    }

    /** Random bytes at random places, here and in {@code model}. */
    private static void scribble(Disk disk, byte[] model, Random random, int times)
            throws IOException {
        for (int i = 0; i < times; i++) {
            int sectors = 1 + random.nextInt(i % 10 == 0 ? 500 : 20);
            int at = random.nextInt(model.length / 512) * 512;
            int n = Math.min(sectors * 512, model.length - at);
            switch (random.nextInt(12)) {
                case 0 -> disk.flush();
                case 1 -> discard(disk, model, at, n);
                default -> {
                    byte[] bytes = new byte[n];
                    random.nextBytes(bytes);
                    disk.write(at, ByteBuffer.wrap(bytes));
                    System.arraycopy(bytes, 0, model, at, n);
                }
            }
        }
    }

    /** Discarded bytes are what they were or zero: the model takes what the disk says. */
    private static void discard(Disk disk, byte[] model, int at, int n) throws IOException {
        disk.discard(at, n);
        byte[] now = read(disk, at, n);
        for (int i = 0; i < n; i++) {
            assertThat(now[i] == 0 || now[i] == model[at + i]).isTrue();
            model[at + i] = now[i];
        }
    }

    private static byte[] read(Disk disk, long at, int n) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(n);
        disk.read(at, bytes);
        return bytes.array();
    }

    private void judged(String name, byte[] model) throws Exception {
        assertThat(qemuImg("check", name)).contains("No errors were found");
        Files.write(folder.resolve("model.raw"), model);
        qemuImg("compare", "-f", "qcow2", "-F", "raw", name, "model.raw");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "compat=0.10",
                "cluster_size=512",
                "cluster_size=2M",
                "refcount_bits=1,cluster_size=4k",
                "refcount_bits=64,cluster_size=1k",
                "refcount_bits=8",
                "preallocation=metadata"
            })
    void whatIsWrittenIsWhatQemuSees(String options) throws Exception {
        int size = 24 * MIB - 512 * 3;
        qemuImg(
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                options.isEmpty() ? "compat=1.1" : options,
                "a.qcow2",
                Integer.toString(size));
        byte[] model = new byte[size];
        Random random = new Random(options.hashCode());
        for (int round = 0; round < 3; round++) {
            try (Disk disk = open("a.qcow2", false)) {
                assertThat(disk.size()).isEqualTo(size);
                scribble(disk, model, random, 250);
                assertThat(read(disk, 0, size)).isEqualTo(model);
            }
            judged("a.qcow2", model);
        }
    }

    @Test
    void anImageOverOthersHidesWhatItHas() throws Exception {
        byte[] model = new byte[4 * MIB];
        new Random(1).nextBytes(model);
        Files.write(folder.resolve("base.raw"), Arrays.copyOf(model, 3 * MIB));
        Arrays.fill(model, 3 * MIB, 4 * MIB, (byte) 0);
        qemuImg("create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "mid.qcow2", "4M");
        qemuImg("create", "-q", "-f", "qcow2", "-b", "mid.qcow2", "-F", "qcow2", "top.qcow2");
        try (Disk disk = open("top.qcow2", false)) {
            assertThat(read(disk, 0, model.length)).isEqualTo(model);
            scribble(disk, model, new Random(2), 200);
            assertThat(read(disk, 0, model.length)).isEqualTo(model);
        }
        judged("top.qcow2", model);
        qemuImg("check", "mid.qcow2");
    }

    @Test
    void aSnapshotStaysWhatItWas() throws Exception {
        byte[] model = new byte[4 * MIB];
        qemuImg("create", "-q", "-f", "qcow2", "s.qcow2", "4M");
        try (Disk disk = open("s.qcow2", false)) {
            scribble(disk, model, new Random(3), 50);
        }
        qemuImg("snapshot", "-c", "then", "s.qcow2");
        byte[] then = model.clone();
        try (Disk disk = open("s.qcow2", false)) {
            scribble(disk, model, new Random(4), 100);
        }
        judged("s.qcow2", model);
        qemuImg("snapshot", "-a", "then", "s.qcow2");
        judged("s.qcow2", then);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zlib", "zstd"})
    void compressedClustersAreReadAndReplaced(String type) throws Exception {
        byte[] model = new byte[2 * MIB];
        for (int i = 0; i < model.length; i++) {
            model[i] = (byte) (i >>> 8 ^ i >>> 14);
        }
        Files.write(folder.resolve("in.raw"), model);
        qemuImg(
                "convert",
                "-c",
                "-O",
                "qcow2",
                "-o",
                "compression_type=" + type,
                "in.raw",
                "c.qcow2");
        try (Disk disk = open("c.qcow2", false)) {
            assertThat(read(disk, 0, model.length)).isEqualTo(model);
            scribble(disk, model, new Random(5), 60);
        }
        judged("c.qcow2", model);
    }

    @Test
    void aCrashAfterAFlushLosesNothingAndLeavesASoundImage() throws Exception {
        byte[] model = new byte[8 * MIB];
        qemuImg("create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", "k.qcow2", "8M");
        Random random = new Random(6);
        Path crashed = folder.resolve("crashed.qcow2");
        try (Disk disk = open("k.qcow2", false)) {
            for (int round = 0; round < 5; round++) {
                scribble(disk, model, random, 100);
                disk.flush();
                byte[] flushed = model.clone();
                // After the flush only places are written that a reader of the copy leaves out.
                disk.write(0, ByteBuffer.wrap(new byte[512]));
                Arrays.fill(model, 0, 512, (byte) 0);
                Files.copy(
                        folder.resolve("k.qcow2"),
                        crashed,
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                // Leaked clusters, status 3, would do; errors would be status 2.
                Process check =
                        new ProcessBuilder("qemu-img", "check", crashed.toString())
                                .redirectErrorStream(true)
                                .start();
                check.getInputStream().readAllBytes();
                assertThat(check.waitFor()).isIn(0, 3);
                try (Disk copy = open("crashed.qcow2", true)) {
                    byte[] found = read(copy, 512, model.length - 512);
                    assertThat(found).isEqualTo(Arrays.copyOfRange(flushed, 512, flushed.length));
                }
            }
        }
        judged("k.qcow2", model);
    }

    private void overwrite(String name, long at, byte[] bytes) throws IOException {
        try (RandomAccessFile f = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
            f.seek(at);
            f.write(bytes);
        }
    }

    @Test
    void imagesThatCannotBeUsedAreRefusedWithTheReason() throws Exception {
        Files.write(folder.resolve("raw"), new byte[4096]);
        refused("raw", "is not a qcow2 image");
        Files.write(folder.resolve("short"), new byte[10]);
        refused("short", "ends within its header");
        refused("missing", "does not exist");
        for (Object[] c :
                new Object[][] {
                    {4, new byte[] {0, 0, 0, 9}, "its version is 9"},
                    {20, new byte[] {0, 0, 0, 40}, "clusters"},
                    {24, new byte[] {0x7f, 0, 0, 0}, "a size of"},
                    {32, new byte[] {0, 0, 0, 1}, "encryption"},
                    {36, new byte[] {0, 0, 0, 0}, "level-1 table"},
                    {36, new byte[] {0x7f, 0, 0, 0}, "level-1 table"},
                    {40, new byte[] {0x7f, 0, 0, 0}, "level-1 table is outside"},
                    {48, new byte[] {0, 0, 0, 0, 0, 0, 0, 1}, "reference count table"},
                    {56, new byte[] {0x7f, 0, 0, 0}, "reference count table"},
                    {79, new byte[] {1}, "was not closed"},
                    {79, new byte[] {2}, "marked as corrupt"},
                    {79, new byte[] {4}, "not supported"},
                    {72, new byte[] {1}, "not supported"},
                    {96, new byte[] {0, 0, 0, 7}, "counts of"},
                    {100, new byte[] {0, 0, 0, 8}, "header length"}
                }) {
            qemuImg("create", "-q", "-f", "qcow2", "bad.qcow2", "1M");
            overwrite("bad.qcow2", (int) c[0], (byte[]) c[1]);
            refused("bad.qcow2", (String) c[2]);
        }
        Files.write(folder.resolve("base.raw"), new byte[MIB]);
        qemuImg("create", "-q", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "over.qcow2");
        Files.delete(folder.resolve("base.raw"));
        refused("over.qcow2", "base.raw does not exist");
        for (String[] pair :
                new String[][] {{"loop.qcow2", "pool.qcow2"}, {"pool.qcow2", "loop.qcow2"}}) {
            qemuImg(
                    "create", "-q", "-f", "qcow2", "-u", "-b", pair[1], "-F", "qcow2", pair[0],
                    "1M");
        }
        refused("loop.qcow2", "in use");
    }

    private void refused(String name, String why) {
        assertThatThrownBy(() -> open(name, false))
                .isInstanceOf(DiskException.class)
                .hasMessageContaining(why);
    }

    @Test
    void corruptTablesGiveErrorsAndNothingElse() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 60; round++) {
            qemuImg("create", "-q", "-f", "qcow2", "-o", "cluster_size=4k", "x.qcow2", "1M");
            byte[] model = new byte[MIB];
            try (Disk disk = open("x.qcow2", false)) {
                scribble(disk, model, random, 20);
            }
            byte[] junk = new byte[8];
            random.nextBytes(junk);
            long length = Files.size(folder.resolve("x.qcow2"));
            for (int i = 0; i < 4; i++) {
                overwrite("x.qcow2", 112 + random.nextLong((length - 120) / 8) * 8, junk);
            }
            try (Disk disk = open("x.qcow2", false)) {
                for (int i = 0; i < 40; i++) {
                    int at = random.nextInt(2000) * 512;
                    disk.read(at, ByteBuffer.allocate(4096));
                    disk.write(at, ByteBuffer.allocate(4096));
                    disk.discard(at, 8192);
                }
            } catch (IOException | DiskException e) {
                assertThat(e).hasMessageMatching("(?s).+");
            }
        }
    }
}
