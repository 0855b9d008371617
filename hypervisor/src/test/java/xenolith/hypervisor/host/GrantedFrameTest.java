package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;
import xenolith.machine.engine.EngineKind;

/** Frames that a guest granted, in the hands of back ends. */
class GrantedFrameTest {
    private static final int FIRST_REF = 8;

    private final Host host =
            Host.start(
                    HostConfig.of(16L << 20, 3, HostConfig.TimeMode.VIRTUAL),
                    EngineKind.standard()::on);
    private final DomainControl domain;
    private long[] mfns = {};

    GrantedFrameTest() throws ControlException {
        domain = host.create(new DomainConfig("test", new UUID(0, 1), 1, 64, -1));
    }

    private List<GrantedFrame> map(int count, boolean readOnly) throws ControlException {
        mfns = domain.populate(0, count);
        int[] refs = new int[count];
        for (int i = 0; i < count; i++) {
            refs[i] = FIRST_REF + i;
            domain.seedGrant(refs[i], 0, mfns[i]);
        }
        return domain.mapGrants(refs, readOnly);
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    @Test
    void aWorkerStoresThroughTheSegment() throws Exception {
        List<GrantedFrame> frames = map(2, false);
        assertThat(host.audit()).as("with mappings").isEmpty();
        GrantedFrame second = frames.get(1);
        second.hold();
        Thread.ofVirtual()
                .start(() -> second.segment().set(ValueLayout.JAVA_BYTE, 4095, (byte) 7))
                .join();
        second.stored(4095, 1);
        second.release();
        byte[] read = new byte[1];
        domain.read(mfns[1], 4095, read, 0, 1);
        assertThat(read[0]).isEqualTo((byte) 7);
        frames.forEach(GrantedFrame::close);
    }

    @Test
    void aFrameOfADestroyedDomainIsNobodysUntilItsWorkerIsDone() throws Exception {
        long free = host.hypervisor().frames.freeFrames();
        GrantedFrame frame = map(1, false).get(0);
        frame.hold();
        frame.close();
        domain.destroy();
        assertThat(host.audit()).as("while it is held").isEmpty();
        assertThat(host.hypervisor().frames.owner(mfns[0])).isEqualTo(domain.domid());
        frame.segment().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        frame.stored(0, 1);
        frame.release();
        frame.close();
        assertThat(host.hypervisor().frames.owner(mfns[0])).isNotEqualTo(domain.domid());
        assertThat(host.hypervisor().frames.freeFrames()).isGreaterThanOrEqualTo(free);
    }

    @Test
    void aHeldFrameIsReadAndWrittenAlsoIfItIsClosed() throws Exception {
        GrantedFrame frame = map(1, false).get(0);
        frame.hold();
        frame.close();
        frame.write(9, new byte[] {5}, 0, 1);
        byte[] read = new byte[1];
        frame.read(9, read, 0, 1);
        assertThat(read[0]).isEqualTo((byte) 5);
        frame.release();
        assertThatThrownBy(() -> frame.read(9, read, 0, 1))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void allAreMappedOrNone() throws Exception {
        map(2, false).forEach(GrantedFrame::close);
        for (int bad : new int[] {FIRST_REF + 2, -1, Integer.MAX_VALUE}) {
            assertThatThrownBy(() -> domain.mapGrants(new int[] {FIRST_REF, bad}, false))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("grant");
            assertThat(host.audit()).isEmpty();
        }
    }

    @Test
    void aReadOnlyMappingCannotBeWritten() throws Exception {
        GrantedFrame frame = map(1, true).get(0);
        MemorySegment segment = frame.segment();
        assertThatThrownBy(() -> segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> frame.write(0, new byte[1], 0, 1))
                .isInstanceOf(IllegalStateException.class);
        frame.close();
        assertThatThrownBy(frame::hold).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aClosedHostTakesNoMoreStores() throws Exception {
        Host other =
                Host.start(
                        HostConfig.of(16L << 20, 3, HostConfig.TimeMode.VIRTUAL),
                        EngineKind.standard()::on);
        DomainControl guest = other.create(new DomainConfig("other", new UUID(0, 2), 1, 64, -1));
        guest.seedGrant(FIRST_REF, 0, guest.populate(0, 1)[0]);
        MemorySegment segment = guest.mapGrant(FIRST_REF, false).segment();
        CountDownLatch stores = new CountDownLatch(1000);
        Thread worker =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                while (true) {
                                    segment.fill((byte) 1);
                                    stores.countDown();
                                }
                            } catch (IllegalStateException closed) {
                                // what this test waits for
                            }
                        });
        stores.await();
        other.close();
        worker.join();
    }
}
