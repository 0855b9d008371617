package xenolith.toolstack.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Raw files, overlays, and who may use a file. */
class DisksTest {
    private static final int SIZE = 1 << 20;

    @TempDir Path folder;

    private final DiskFiles files = new DiskFiles();
    private Path path = Path.of("");

    @BeforeEach
    void make() throws IOException {
        path = folder.resolve("disk.raw");
        byte[] bytes = new byte[SIZE + 100];
        new Random(1).nextBytes(bytes);
        Files.write(path, bytes);
    }

    private Disk open(boolean readOnly, String user) throws DiskException {
        return Disks.open(files, path, Disks.Format.RAW, readOnly, user);
    }

    private static byte[] read(Disk disk, long at, int n) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(n);
        disk.read(at, b);
        return b.array();
    }

    @Test
    void aRawDiskIsItsFile() throws Exception {
        byte[] before = Files.readAllBytes(path);
        byte[] sector = new byte[512];
        Arrays.fill(sector, (byte) 5);
        try (Disk disk = open(false, "d1")) {
            assertThat(disk.size()).isEqualTo(SIZE);
            assertThat(read(disk, 512, 4096)).isEqualTo(Arrays.copyOfRange(before, 512, 4608));
            disk.write(SIZE - 512, ByteBuffer.wrap(sector));
            disk.flush();
        }
        byte[] after = Files.readAllBytes(path);
        assertThat(after).hasSize(SIZE + 100);
        assertThat(Arrays.copyOfRange(after, SIZE - 512, SIZE)).isEqualTo(sector);
        assertThat(Arrays.copyOf(after, SIZE - 512)).isEqualTo(Arrays.copyOf(before, SIZE - 512));
    }

    @Test
    void aDiscardFreesSpaceAndReadsAsZeros() throws Exception {
        long blocks = blocks();
        try (Disk disk = open(false, "d1")) {
            disk.discard(0, SIZE / 2);
            disk.flush();
            assertThat(read(disk, 0, SIZE / 2)).containsOnly(0);
            assertThat(read(disk, SIZE / 2, 4096)).isNotEqualTo(new byte[4096]);
            assertThatThrownBy(() -> open(true, "d2")).isInstanceOf(DiskException.class);
            try (FileChannel other = FileChannel.open(path, StandardOpenOption.READ)) {
                assertThat(other.size()).isEqualTo(SIZE + 100);
            }
        }
        assertThat(blocks()).isLessThan(blocks);
    }

    @Test
    void whatTheSystemHasIsReadAtOnce() throws Exception {
        byte[] before = Files.readAllBytes(path);
        try (Disk disk = new OverlayDisk(open(true, "d1"));
                Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(512);
            MemorySegment two = arena.allocate(4096);
            assertThat(disk.readNow(1024, List.of(one, two))).isTrue();
            byte[] all = new byte[4608];
            MemorySegment.copy(one, 0, MemorySegment.ofArray(all), 0, 512);
            MemorySegment.copy(two, 0, MemorySegment.ofArray(all), 512, 4096);
            assertThat(all).isEqualTo(Arrays.copyOfRange(before, 1024, 5632));
            assertThat(disk.readNow(SIZE, List.of(two))).as("beyond the end").isFalse();
            assertThat(disk.readNow(0, List.of(MemorySegment.ofArray(new byte[512]))))
                    .as("memory that may move")
                    .isFalse();
            disk.write(4096, ByteBuffer.wrap(new byte[512]));
            assertThat(disk.readNow(1024, List.of(two))).as("written over").isFalse();
            assertThat(disk.readNow(1 << 15, List.of(two))).isTrue();
        }
    }

    /** Not every file system takes such writes: then nothing is said to be written. */
    @Test
    void whatIsWrittenAtOnceIsThere() throws Exception {
        byte[] before = Files.readAllBytes(path);
        try (Disk disk = open(false, "d1");
                Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(1024);
            boolean written = disk.writeNow(512, List.of(zeros));
            assertThat(read(disk, 512, 1024))
                    .isEqualTo(written ? new byte[1024] : Arrays.copyOfRange(before, 512, 1536));
        }
        try (Disk disk = open(true, "d1");
                Arena arena = Arena.ofConfined()) {
            assertThat(disk.writeNow(512, List.of(arena.allocate(512)))).isFalse();
        }
    }

    private long blocks() throws Exception {
        Process p = new ProcessBuilder("du", "-k", path.toString()).start();
        String said =
                new String(
                        p.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        return Long.parseLong(said.split("\t", -1)[0]);
    }

    @Test
    void oneWriterOrOnlyReaders() throws Exception {
        try (Disk writer = open(false, "domain web")) {
            assertThatThrownBy(() -> open(true, "domain db"))
                    .hasMessageContaining("in use by domain web, which writes to it");
            assertThatThrownBy(() -> open(false, "domain db")).hasMessageContaining("domain web");
            Path link = Files.createSymbolicLink(folder.resolve("link"), path);
            assertThatThrownBy(() -> Disks.open(files, link, Disks.Format.RAW, true, "x"))
                    .hasMessageContaining("domain web");
            assertThatThrownBy(
                            () -> Disks.open(new DiskFiles(), path, Disks.Format.RAW, false, "x"))
                    .as("another host in this process")
                    .hasMessageContaining("locked by another process");
            assertThat(writer.readOnly()).isFalse();
        }
        try (Disk first = open(true, "d1");
                Disk second = open(true, "d2")) {
            assertThat(read(first, 0, 512)).isEqualTo(read(second, 0, 512));
            assertThatThrownBy(() -> open(false, "d3")).hasMessageContaining("in use by d1:");
        }
        open(false, "d3").close();
    }

    @Test
    void aLockOfAnotherProcessIsSeen() throws Exception {
        ProcessBuilder python =
                new ProcessBuilder(
                        "python3",
                        "-c",
                        "import fcntl,sys; f=open(sys.argv[1],'r+b'); fcntl.lockf(f,"
                                + " fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()",
                        path.toString());
        Process p;
        try {
            p = python.start();
        } catch (IOException e) {
            org.junit.jupiter.api.Assumptions.abort("no python3");
            return;
        }
        assertThat(p.inputReader().readLine()).isEqualTo("locked");
        assertThatThrownBy(() -> open(true, "d1"))
                .hasMessageContaining("locked by another process, which writes to it");
        p.destroy();
        p.waitFor();
        open(true, "d1").close();
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        path = folder;
        assertThatThrownBy(() -> open(false, "d1")).hasMessageContaining("is a folder");
        path = folder.resolve("none");
        assertThatThrownBy(() -> open(false, "d1")).hasMessageContaining("does not exist");
        Files.write(path, new byte[511]);
        assertThatThrownBy(() -> open(false, "d1")).hasMessageContaining("shorter than a sector");
    }

    @Test
    void anOverlayLeavesNoTrace() throws Exception {
        byte[] before = Files.readAllBytes(path);
        byte[] model = Arrays.copyOf(before, SIZE);
        Random random = new Random(2);
        try (OverlayDisk disk = new OverlayDisk(open(true, "d1"))) {
            for (int i = 0; i < 300; i++) {
                byte[] bytes = new byte[512 * (1 + random.nextInt(80))];
                random.nextBytes(bytes);
                int at = random.nextInt((SIZE - bytes.length) / 512 + 1) * 512;
                disk.write(at, ByteBuffer.wrap(bytes));
                System.arraycopy(bytes, 0, model, at, bytes.length);
            }
            assertThat(read(disk, 0, SIZE)).isEqualTo(model);
            assertThat(disk.memory()).isPositive();
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(before);
    }
}
