package xenolith.toolstack.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import xenolith.toolstack.disk.Disk;

/** Disks that fail, that wait, and front ends whose events are lost: nothing else breaks. */
@Timeout(60)
class BlockFaultTest {
    private static final int OKAY = 0;
    private static final int ERROR = -1;
    private static final int READ = 0;
    private static final int WRITE = 1;

    /** A disk of zeros that does what it is told before each access. */
    private static class Told implements Disk {
        private final Before before;

        Told(Before before) {
            this.before = before;
        }

        @FunctionalInterface
        interface Before {
            void access(boolean write, long at) throws IOException;
        }

        @Override
        public long size() {
            return 1 << 20;
        }

        @Override
        public boolean readOnly() {
            return false;
        }

        @Override
        public void read(long at, ByteBuffer dst) throws IOException {
            before.access(false, at);
            while (dst.hasRemaining()) {
                dst.put((byte) 7);
            }
        }

        @Override
        public void write(long at, ByteBuffer src) throws IOException {
            before.access(true, at);
        }

        @Override
        public void flush() {}

        @Override
        public void discard(long at, long length) {}

        @Override
        public String describe() {
            return "told";
        }

        @Override
        public void close() {}
    }

    private static ByteBuffer one(BlockFrontend f, int operation, long sector) {
        return f.segment(f.request(operation, 1, sector), 0, 200, 0, 7);
    }

    private static void end(BlockFrontend f) {
        f.attachment.close();
        f.device.close();
        assertThat(f.domain.mapped).isZero();
    }

    @Test
    void aFullDiskIsAnErrorOfThatWriteOnly() {
        Disk full =
                new Told((write, at) -> {
                    if (write && at >= 4096) {
                        throw new IOException("No space left on device");
                    }
                });
        BlockFrontend f = new BlockFrontend(full, new Buffers(), Runnable::run);
        f.connect(true);
        assertThat(f.call(one(f, WRITE, 0))).isEqualTo(OKAY);
        assertThat(f.call(one(f, WRITE, 8))).isEqualTo(ERROR);
        assertThat(f.log).last().asString().contains("Disk xvda of web", "No space left on device");
        assertThat(f.call(one(f, READ, 8))).isEqualTo(OKAY);
        assertThat(f.call(one(f, WRITE, 0))).isEqualTo(OKAY);
        end(f);
    }

    /** Whatever a worker dies of, its request is answered. */
    @Test
    void aWorkerThatIsKilledIsAnError() {
        Disk deadly =
                new Told((write, at) -> {
                    if (at == 4096) {
                        throw new StackOverflowError();
                    }
                    if (at == 8192) {
                        throw new IllegalStateException("killed");
                    }
                });
        BlockFrontend f =
                new BlockFrontend(deadly, new Buffers(), task -> Thread.ofVirtual().start(task));
        f.connect(false);
        assertThat(f.call(one(f, READ, 8))).isEqualTo(ERROR);
        assertThat(f.call(one(f, WRITE, 16))).isEqualTo(ERROR);
        assertThat(f.call(one(f, READ, 0))).isEqualTo(OKAY);
        end(f);
    }

    /** Else the next host within this process found the disk locked. */
    @Test
    void theEndOfAHostWaitsForAWorkerThatClosesADisk() throws Exception {
        CountDownLatch closing = new CountDownLatch(1);
        AtomicBoolean closed = new AtomicBoolean();
        Disk slow =
                new Told((write, at) -> {}) {
                    @Override
                    public void close() {
                        closing.countDown();
                        try {
                            Thread.sleep(200);
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                        closed.set(true);
                    }
                };
        BlockFrontend f =
                new BlockFrontend(slow, new Buffers(), task -> Thread.ofVirtual().start(task));
        end(f);
        closing.await();
        ((BlockDevice) f.device).closeNow();
        assertThat(closed).isTrue();
    }

    @Test
    void aSlowDiskHoldsUpNobodyElse() throws Exception {
        CountDownLatch slow = new CountDownLatch(1);
        Disk waits =
                new Told((write, at) -> {
                    try {
                        slow.await();
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                });
        Buffers buffers = new Buffers();
        BlockFrontend first =
                new BlockFrontend(waits, buffers, task -> Thread.ofVirtual().start(task));
        BlockFrontend second =
                new BlockFrontend(
                        new Told((write, at) -> {}),
                        buffers,
                        task -> Thread.ofVirtual().start(task));
        first.connect(false);
        second.connect(false);
        for (int i = 0; i < 32; i++) {
            ByteBuffer two = first.request(READ, 2, 8L * i);
            first.segment(two, 0, 200 + i, 0, 7);
            first.send(first.segment(two, 1, 300 + i, 0, 7));
        }
        for (int i = 0; i < 500; i++) {
            ByteBuffer two = second.request(READ, 2, i);
            second.segment(two, 0, 200, 0, 7);
            assertThat(second.call(second.segment(two, 1, 201, 0, 7))).isEqualTo(OKAY);
        }
        first.domain.runPosted();
        assertThat(first.answered()).isFalse();
        slow.countDown();
        for (int i = 0; i < 5000 && first.ring().index(8) < 32; i++) {
            first.domain.runPosted();
            BlockFrontend.pause();
        }
        assertThat(first.ring().index(8)).isEqualTo(32);
        end(first);
        end(second);
    }

    /** A request without its event waits for the next; an event without a request is nothing. */
    @Test
    void eventsMayBeLostComeLateOrOften() {
        BlockFrontend f =
                new BlockFrontend(new Told((write, at) -> {}), new Buffers(), Runnable::run);
        f.connect(true);
        f.domain.send(BlockFrontend.PORT);
        assertThat(f.answered()).isFalse();
        ByteBuffer lost = one(f, READ, 0);
        byte[] bytes = new byte[lost.capacity()];
        lost.get(0, bytes);
        f.ring().put(bytes);
        assertThat(f.answered()).as("its event was lost").isFalse();
        ByteBuffer next = one(f, READ, 8);
        f.send(next);
        for (int i = 0; i < 100; i++) {
            f.domain.send(BlockFrontend.PORT);
        }
        assertThat(f.status(lost)).isEqualTo(OKAY);
        assertThat(f.status(next)).isEqualTo(OKAY);
        assertThat(f.answered()).as("as many answers as requests").isFalse();
        end(f);
    }
}
