package xenolith.toolstack.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.xenbus.XenbusState;

/** The block back end, with the front end's part played by hand. */
class BlockBackendTest {
    private static final int SECTORS = 2048;
    private static final int OKAY = 0;
    private static final int ERROR = -1;
    private static final int NOT_SUPPORTED = -2;

    @TempDir Path folder;

    private Path image(byte[] bytes) throws Exception {
        return Files.write(folder.resolve("disk.img"), bytes);
    }

    private static byte[] random(int seed) {
        byte[] bytes = new byte[SECTORS * 512];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void readsAndWrites(boolean compat, boolean persistent) throws Exception {
        byte[] model = random(1);
        Path path = image(model);
        BlockFrontend f = new BlockFrontend(path + ",raw,xvda,w", compat, Runnable::run);
        assertThat(f.backendState()).isEqualTo(XenbusState.INIT_WAIT);
        f.connect(persistent);
        assertThat(f.backendState()).isEqualTo(XenbusState.CONNECTED);
        ByteBuffer read = f.request(0, 3, 100);
        f.segment(read, 0, 200, 0, 7);
        f.segment(read, 1, 201, 3, 3);
        f.segment(read, 2, 202, 1, 6);
        assertThat(f.call(read)).isEqualTo(OKAY);
        assertThat(f.domain.frame(200)).isEqualTo(Arrays.copyOfRange(model, 51200, 55296));
        assertThat(Arrays.copyOfRange(f.domain.frame(201), 1536, 2048))
                .isEqualTo(Arrays.copyOfRange(model, 55296, 55808));
        assertThat(Arrays.copyOfRange(f.domain.frame(202), 512, 3584))
                .isEqualTo(Arrays.copyOfRange(model, 55808, 58880));
        Arrays.fill(f.domain.frame(203), (byte) 9);
        assertThat(f.call(f.segment(f.request(1, 1, SECTORS - 8), 0, 203, 0, 7))).isEqualTo(OKAY);
        assertThat(f.call(f.request(3, 0, 0))).isEqualTo(OKAY);
        assertThat(f.call(f.segment(f.request(2, 1, 0), 0, 203, 0, 0))).isEqualTo(OKAY);
        byte[] now = Files.readAllBytes(path);
        Arrays.fill(model, model.length - 4096, model.length, (byte) 9);
        Arrays.fill(model, 0, 512, (byte) 9);
        assertThat(now).isEqualTo(model);
        assertThat(f.domain.mapped).isEqualTo(persistent ? 5 : 1);
        end(f);
    }

    private static void end(BlockFrontend f) {
        f.attachment.close();
        f.device.close();
        f.kind.close();
        assertThat(f.domain.mapped).isZero();
        assertThat(f.store.exists(BlockFrontend.ADDRESS.backend())).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void indirectSegments(boolean compat) throws Exception {
        byte[] model = random(2);
        BlockFrontend f = new BlockFrontend(image(model) + ",raw,xvda,w", compat, Runnable::run);
        f.connect(false);
        ByteBuffer page = ByteBuffer.wrap(f.domain.frame(150)).order(ByteOrder.LITTLE_ENDIAN);
        int count = 200;
        for (int i = 0; i < count; i++) {
            page.putInt(8 * i, 1000 + i).put(8 * i + 4, (byte) 0).put(8 * i + 5, (byte) 7);
        }
        assertThat(f.call(indirect(f, 0, count, 448, 150))).isEqualTo(OKAY);
        for (int i = 0; i < count; i++) {
            int at = (448 + 8 * i) * 512;
            assertThat(f.domain.frame(1000 + i))
                    .isEqualTo(Arrays.copyOfRange(model, at, at + 4096));
        }
        assertThat(f.call(indirect(f, 1, count, 0, 150))).isEqualTo(OKAY);
        assertThat(Files.readAllBytes(folder.resolve("disk.img")))
                .startsWith(Arrays.copyOfRange(model, 448 * 512, 448 * 512 + count * 4096));
        assertThat(f.call(indirect(f, 3, 1, 0, 150))).isEqualTo(ERROR);
        assertThat(f.call(indirect(f, 0, 257, 0, 150))).isEqualTo(ERROR);
        assertThat(f.call(indirect(f, 0, 0, 0, 150))).isEqualTo(ERROR);
        assertThat(f.call(indirect(f, 0, 8, 0, -1))).isEqualTo(ERROR);
        assertThat(f.domain.mapped).isEqualTo(1);
        end(f);
    }

    private static ByteBuffer indirect(BlockFrontend f, int what, int n, long sector, int ref) {
        ByteBuffer b = f.request(6, what, sector);
        b.putShort(2, (short) n);
        return b.putInt(f.compat ? 24 : 28, ref);
    }

    @Test
    void nonsenseIsAnsweredWithErrors() throws Exception {
        byte[] model = random(3);
        Path path = image(model);
        BlockFrontend f = new BlockFrontend(path + ",raw,xvda,w", false, Runnable::run);
        f.connect(true);
        for (long sector :
                new long[] {
                    SECTORS, SECTORS - 7, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 55, -8
                }) {
            assertThat(f.call(f.segment(f.request(0, 1, sector), 0, 200, 0, 7))).isEqualTo(ERROR);
            assertThat(f.call(f.segment(f.request(1, 1, sector), 0, 200, 0, 7))).isEqualTo(ERROR);
            assertThat(f.call(f.request(5, 0, sector).putLong(24, 8))).isEqualTo(ERROR);
            assertThat(f.call(f.request(5, 0, 8).putLong(24, sector))).isEqualTo(ERROR);
        }
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 200, 5, 4))).isEqualTo(ERROR);
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 200, 0, 8))).isEqualTo(ERROR);
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 200, 255, 255))).isEqualTo(ERROR);
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 0x7000, 0, 7))).isEqualTo(ERROR);
        assertThat(f.call(f.request(0, 0, 0))).as("no segments").isEqualTo(ERROR);
        assertThat(f.call(f.request(0, 12, 0))).as("12 segments").isEqualTo(ERROR);
        assertThat(f.call(f.request(0, 255, 0))).isEqualTo(ERROR);
        for (int operation : new int[] {4, 7, 128, 255}) {
            assertThat(f.call(f.request(operation, 1, 0))).isEqualTo(NOT_SUPPORTED);
        }
        assertThat(f.call(f.request(5, 1, 0).putLong(24, 8))).as("secure").isEqualTo(NOT_SUPPORTED);
        assertThat(Files.readAllBytes(path)).isEqualTo(model);
        assertThat(f.log).hasSize(20);
        end(f);
    }

    @Test
    void randomRequestsNeverGetBeyondTheDisk() throws Exception {
        BlockFrontend f = new BlockFrontend(image(random(4)) + ",raw,xvda,w", false, Runnable::run);
        f.connect(true);
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[112];
            random.nextBytes(bytes);
            bytes[0] = (byte) random.nextInt(9);
            bytes[1] = (byte) random.nextInt(13);
            ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            b.putLong(16, random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(3000));
            for (int s = 0; s < 11; s++) {
                b.putInt(24 + 8 * s, random.nextInt(300));
                b.put(28 + 8 * s, (byte) random.nextInt(9))
                        .put(29 + 8 * s, (byte) random.nextInt(9));
            }
            f.send(b);
            assertThat(f.answered()).isTrue();
            int status = f.ring().next(16).getShort(10);
            assertThat(status).isBetween(-2, 0);
        }
        assertThat(Files.size(folder.resolve("disk.img"))).isEqualTo(SECTORS * 512);
        end(f);
    }

    @Test
    void ringIndicesOfNonsenseStopTheRingOnly() throws Exception {
        BlockFrontend f = new BlockFrontend(image(random(6)) + ",raw,xvda,w", false, Runnable::run);
        f.connect(false);
        f.ring().index(0, 0x4000_0000);
        f.domain.send(BlockFrontend.PORT);
        assertThat(f.log).last().asString().contains("makes no sense");
        f.state(XenbusState.CLOSED);
        assertThat(f.backendState()).isEqualTo(XenbusState.CLOSED);
        f.state(XenbusState.INITIALISING);
        f.reset();
        f.connect(false);
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 200, 0, 7))).isEqualTo(OKAY);
        end(f);
    }

    @Test
    void aReadOnlyDiskStaysAsItIs() throws Exception {
        byte[] model = random(7);
        Path path = image(model);
        BlockFrontend f = new BlockFrontend(path + ",raw,xvda,ro", false, Runnable::run);
        f.connect(true);
        assertThat(f.store.read(BlockFrontend.ADDRESS.backend() + "/info")).isEqualTo("4");
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 200, 0, 7))).isEqualTo(OKAY);
        assertThat(f.call(f.segment(f.request(1, 1, 0), 0, 200, 0, 7))).isEqualTo(ERROR);
        assertThat(f.call(f.segment(f.request(2, 1, 0), 0, 200, 0, 7))).isEqualTo(ERROR);
        assertThat(f.call(f.request(5, 0, 0).putLong(24, 8))).isEqualTo(ERROR);
        assertThat(f.call(f.request(3, 0, 0))).isEqualTo(OKAY);
        assertThat(Files.readAllBytes(path)).isEqualTo(model);
        end(f);
    }

    /** Workers that work when the test says so, in the order that it says. */
    @Test
    void aFlushWaitsForWritesAndABarrierForAll() throws Exception {
        Deque<Runnable> work = new ArrayDeque<>();
        BlockFrontend f = new BlockFrontend(image(random(8)) + ",raw,xvda,w", false, work::add);
        work.removeFirst().run(); // looks whether time is counted
        f.connect(false);
        f.send(f.segment(f.request(0, 1, 0), 0, 200, 0, 7));
        f.send(f.segment(f.request(1, 1, 8), 0, 201, 0, 7));
        f.send(f.request(3, 0, 0));
        f.send(f.segment(f.request(0, 1, 16), 0, 202, 0, 7));
        assertThat(work).as("a read and a write").hasSize(2);
        work.removeLast().run();
        f.domain.runPosted();
        assertThat(work).as("the read, the flush and what follows it").hasSize(3);
        f.send(f.segment(f.request(2, 1, 24), 0, 203, 0, 7));
        f.send(f.segment(f.request(0, 1, 32), 0, 204, 0, 7));
        while (work.size() > 1) {
            work.removeFirst().run();
            f.domain.runPosted();
            assertThat(work.size()).as("no barrier yet").isLessThan(3);
        }
        work.removeFirst().run();
        f.domain.runPosted();
        assertThat(work).as("the barrier alone").hasSize(1);
        work.removeFirst().run();
        f.domain.runPosted();
        assertThat(work).as("what waited for it").hasSize(1);
        work.removeFirst().run();
        f.domain.runPosted();
        assertThat(f.ring().index(8)).isEqualTo(6);
        end(f);
    }

    @Test
    void whatIsUnderWayOutlivesItsDomainWithoutHarm() throws Exception {
        byte[] model = random(9);
        Deque<Runnable> work = new ArrayDeque<>();
        BlockFrontend f = new BlockFrontend(image(model) + ",raw,xvda,w", false, work::add);
        work.removeFirst().run(); // looks whether time is counted
        f.connect(true);
        f.send(f.segment(f.request(0, 1, 0), 0, 200, 0, 7));
        work.removeFirst().run();
        f.domain.runPosted();
        f.send(f.segment(f.request(0, 1, 8), 0, 200, 0, 7));
        Runnable late = work.removeFirst();
        f.attachment.close();
        f.device.close();
        assertThat(work).as("the closing of the disk").hasSize(1);
        assertThat(f.domain.mapped).isPositive();
        Thread closing = Thread.ofPlatform().start(work.removeFirst());
        while (closing.getState() != Thread.State.WAITING) {
            assertThat(closing.isAlive()).as("it waits for what is under way").isTrue();
            Thread.sleep(1);
        }
        late.run();
        f.domain.runPosted();
        assertThat(f.domain.mapped).isZero();
        assertThat(f.domain.frame(200)).isEqualTo(Arrays.copyOfRange(model, 4096, 8192));
        closing.join();
        f.kind.close();
    }

    @Test
    void aWorkerThatDiesIsAnError() throws Exception {
        BlockFrontend f =
                new BlockFrontend(image(random(10)) + ",raw,xvda,w", false, Runnable::run);
        f.connect(false);
        try (var file = new java.io.RandomAccessFile(folder.resolve("disk.img").toFile(), "rw")) {
            file.setLength(4096); // as if the disk had lost its end
        }
        assertThat(f.call(f.segment(f.request(0, 1, 100), 0, 200, 0, 7))).isEqualTo(ERROR);
        assertThat(f.log).last().asString().contains("Disk xvda of web", "ends at byte");
        assertThat(f.call(f.segment(f.request(0, 1, 0), 0, 200, 0, 7))).isEqualTo(OKAY);
        end(f);
    }

    @Test
    void tenThousandConnectionsLeaveNothing() throws Exception {
        BlockFrontend f =
                new BlockFrontend(image(random(11)) + ",raw,xvda,w", false, Runnable::run);
        for (int i = 0; i < 10_000; i++) {
            f.reset();
            f.connect(i % 2 == 0);
            assertThat(f.call(f.segment(f.request(i & 1, 1, i % 2000), 0, 200 + i % 50, 0, 7)))
                    .isEqualTo(OKAY);
            f.state(XenbusState.CLOSING);
            f.state(XenbusState.CLOSED);
            assertThat(f.domain.mapped).isZero();
            f.state(XenbusState.INITIALISING);
        }
        end(f);
    }

    @Test
    void aDiskIsUsedOnceOrReadOnly() throws Exception {
        Path path = image(random(12));
        BlockFrontend f = new BlockFrontend(path + ",raw,xvda,w", false, Runnable::run);
        Value.Text again = new Value.Text(new Position("b.cfg", 3, 9), path + ",raw,xvdb,w");
        assertThatThrownBy(() -> f.kind.open(again, List.of()))
                .hasMessageStartingWith("b.cfg:3:9: The disk " + path + " is in use by");
        Value.Text same = new Value.Text(new Position("b.cfg", 3, 9), "/x,raw,xvda,w");
        assertThatThrownBy(() -> f.kind.open(same, List.of(f.device)))
                .hasMessage(
                        "b.cfg:3:9: the domain has a disk xvda already: give this one another"
                                + " vdev.");
        f.attachment.close();
        f.device.close();
        f.kind.open(again, List.of()).close();
        f.kind.close();
    }
}
