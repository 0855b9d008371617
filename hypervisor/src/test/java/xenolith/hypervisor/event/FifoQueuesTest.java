package xenolith.hypervisor.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.abi.xen.Errno;
import xenolith.machine.memory.MachineMemory;

/** The FIFO ABI with a guest that consumes its queues by hand. */
class FifoQueuesTest {
    private static final int PENDING = 1 << 31;
    private static final int MASKED = 1 << 30;
    private static final int LINKED = 1 << 29;
    private static final long BLOCK0 = 0x2000 + 64;
    private static final long BLOCK1 = 0x3000;
    private static final long ARRAY = 0x4000;

    private final MachineMemory memory = new MachineMemory(16);
    private final Guest guest = new Guest();
    private final EventChannels events = new EventChannels(memory, guest, d -> null, -1);

    @AfterEach
    void free() {
        events.reset();
        assertThat(guest.held).isEmpty();
        memory.close();
    }

    private static final class Guest implements EventTarget {
        final List<Long> held = new ArrayList<>();
        final List<Integer> woken = new ArrayList<>();
        final List<Integer> polled = new ArrayList<>();

        @Override
        public int domid() {
            return 1;
        }

        @Override
        public int vcpuCount() {
            return 2;
        }

        @Override
        public long vcpuInfo(int vcpu) {
            return 0x1000 + (long) vcpu * VcpuInfo.SIZE;
        }

        @Override
        public long sharedInfo() {
            return 0x1000;
        }

        @Override
        public void wake(int vcpu) {
            woken.add(vcpu);
        }

        @Override
        public void wakePollers(int port) {
            polled.add(port);
        }

        @Override
        public void queue(Runnable handler) {
            throw new AssertionError("a guest has no handlers");
        }

        @Override
        public boolean holdPage(long mfn) {
            return mfn < 16 && held.add(mfn);
        }

        @Override
        public void dropPage(long mfn) {
            assertThat(held.remove(mfn)).isTrue();
        }
    }

    private void begin() {
        assertThat(events.initControl(0, 2, 64)).isZero();
        assertThat(events.initControl(1, 3, 0)).isZero();
        assertThat(events.expandArray(4)).isZero();
    }

    private int word(int port) {
        return (int) memory.get32(ARRAY + 4L * port);
    }

    private void setWord(int port, int word) {
        memory.put32(ARRAY + 4L * port, word & 0xffff_ffffL);
    }

    private int head(long block, int priority) {
        return (int) memory.get32(block + 8 + 4L * priority);
    }

    private int ready(long block) {
        return (int) memory.get32(block);
    }

    /** As a guest takes one event from a queue: the next head, and the word is unlinked. */
    private int consume(long block, int priority) {
        int port = head(block, priority);
        int next = word(port) & 0x1ffff;
        setWord(port, word(port) & ~(LINKED | 0x1ffff | PENDING));
        memory.put32(block + 8 + 4L * priority, next);
        return port;
    }

    @Test
    void argumentsAreCheckedInXensOrder() {
        assertThat(events.expandArray(4)).isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(events.setPriority(1, 3)).isEqualTo(-Errno.ENOSYS);
        assertThat(events.initControl(2, 2, 0)).isEqualTo(-Errno.ENOENT);
        assertThat(events.initControl(0, 2, 4096 - 64)).isEqualTo(-Errno.EINVAL);
        assertThat(events.initControl(0, 2, 4)).isEqualTo(-Errno.EINVAL);
        assertThat(events.initControl(0, 99, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(events.expandArray(4)).as("still 2-level").isEqualTo(-Errno.EOPNOTSUPP);
        assertThat(events.initControl(0, 2, 4096 - 72)).isZero();
        assertThat(events.initControl(0, 2, 0)).as("twice").isEqualTo(-Errno.EINVAL);
        assertThat(events.expandArray(99)).isEqualTo(-Errno.EINVAL);
        int port = events.bindIpi(0);
        assertThat(events.setPriority(port, 16)).isEqualTo(-Errno.EINVAL);
        assertThat(events.setPriority(port, 15)).isZero();
        assertThat(events.setPriority(port + 1, 15)).isEqualTo(-Errno.EACCES);
        assertThat(events.setPriority(1000, 15)).isEqualTo(-Errno.EINVAL);
        assertThat(events.heldPages()).containsExactly(2L);
    }

    @Test
    void eventsOfOnePriorityComeInTheirOrder() {
        begin();
        int a = events.bindIpi(1);
        int b = events.bindIpi(1);
        int c = events.bindIpi(1);
        events.send(b);
        assertThat(ready(BLOCK1)).isEqualTo(1 << 7);
        assertThat(guest.woken).containsExactly(1);
        events.send(a);
        events.send(b);
        events.send(c);
        assertThat(guest.woken).as("one upcall").containsExactly(1);
        assertThat(guest.polled).as("only news").containsExactly(b, a, c);
        assertThat(word(b)).isEqualTo(PENDING | LINKED | a);
        assertThat(word(c)).isEqualTo(PENDING | LINKED);
        assertThat(consume(BLOCK1, 7)).isEqualTo(b);
        assertThat(consume(BLOCK1, 7)).isEqualTo(a);
        assertThat(consume(BLOCK1, 7)).isEqualTo(c);
        assertThat(head(BLOCK1, 7)).isZero();
        events.send(a);
        assertThat(head(BLOCK1, 7)).as("the tail was unlinked: a new queue").isEqualTo(a);
    }

    @Test
    void theLastEventMayComeAgainWhenItsWordIsUnlinked() {
        begin();
        int a = events.bindIpi(0);
        events.send(a);
        assertThat(consume(BLOCK0, 7)).isEqualTo(a);
        events.send(a);
        assertThat(word(a)).as("not linked to itself").isEqualTo(PENDING | LINKED);
        assertThat(head(BLOCK0, 7)).isEqualTo(a);
    }

    @Test
    void aMaskedEventIsLinkedWhenItIsUnmasked() {
        begin();
        int a = events.bindIpi(0);
        setWord(a, MASKED);
        events.send(a);
        assertThat(word(a)).isEqualTo(MASKED | PENDING);
        assertThat(ready(BLOCK0)).isZero();
        assertThat(events.poll(a)).isEqualTo(1);
        assertThat(events.unmask(a)).isZero();
        assertThat(word(a)).isEqualTo(PENDING | LINKED);
        assertThat(ready(BLOCK0)).isEqualTo(1 << 7);
    }

    @Test
    void aChangedPriorityIsOfComingEvents() {
        begin();
        int a = events.bindIpi(0);
        int b = events.bindIpi(0);
        events.send(a);
        assertThat(events.setPriority(a, 2)).isZero();
        events.send(a);
        assertThat(head(BLOCK0, 2)).as("linked on the old queue").isZero();
        assertThat(consume(BLOCK0, 7)).isEqualTo(a);
        events.send(a);
        assertThat(head(BLOCK0, 2)).isEqualTo(a);
        assertThat(ready(BLOCK0)).isEqualTo(1 << 7 | 1 << 2);
        events.send(b);
        assertThat(word(a) & 0x1ffff).as("not behind the old tail").isZero();
        assertThat(head(BLOCK0, 7)).isEqualTo(b);
    }

    @Test
    void whatCameBeforeTheWordsIsNotLost() {
        int a = events.bindIpi(0);
        events.send(a);
        assertThat(memory.get64(0x1000 + SharedInfo.EVTCHN_PENDING.at(Abi.BITS64)))
                .isEqualTo(1L << a);
        assertThat(events.initControl(0, 2, 64)).isZero();
        int b = events.bindIpi(0);
        events.send(b);
        assertThat(ready(BLOCK0)).isZero();
        assertThat(events.expandArray(4)).isZero();
        assertThat(consume(BLOCK0, 7)).isEqualTo(a);
        assertThat(consume(BLOCK0, 7)).isEqualTo(b);
    }

    @Test
    void aClosedPortWaitsUntilTheGuestHasUnlinkedIt() {
        begin();
        int a = events.bindIpi(0);
        events.send(a);
        events.close(a);
        assertThat(word(a)).isEqualTo(LINKED);
        assertThat(events.bindIpi(0)).isEqualTo(a + 1);
        setWord(a, 0);
        assertThat(events.bindIpi(0)).isEqualTo(a);
    }

    @Test
    void garbageInTheWordsHurtsTheGuestOnly() {
        begin();
        int a = events.bindIpi(0);
        int b = events.bindIpi(0);
        setWord(a, LINKED | 0x1ffff);
        events.send(a);
        assertThat(head(BLOCK0, 7)).as("linked already, says the guest").isZero();
        setWord(a, -1);
        setWord(b, -1 & ~MASKED & ~LINKED);
        events.send(b);
        events.send(a);
        assertThat(events.unmask(a)).isZero();
        assertThat(head(BLOCK0, 7)).isEqualTo(b);
    }

    @Test
    void resetGivesThePagesBackAndTheTwoLevelAbiIsThereAgain() {
        begin();
        int a = events.bindIpi(0);
        assertThat(guest.held).containsExactly(2L, 3L, 4L);
        events.reset();
        assertThat(guest.held).isEmpty();
        assertThat(events.expandArray(4)).isEqualTo(-Errno.EOPNOTSUPP);
        int port = events.bindIpi(0);
        assertThat(port).isEqualTo(a);
        events.send(port);
        assertThat(memory.get64(0x1000 + SharedInfo.EVTCHN_PENDING.at(Abi.BITS64)))
                .isEqualTo(1L << port);
    }

    @Test
    void thereAreMorePortsThanTwoLevelsHave() {
        int last = bindMany();
        events.send(last);
        assertThat(head(BLOCK0, 7)).isEqualTo(last);
        assertThat((int) memory.get32(0x8000 + 4 * (last - 4096))).isEqualTo(PENDING | LINKED);
    }

    /** The last of 4,500 ports. */
    private int bindMany() {
        begin();
        for (int page = 5; page < 9; page++) {
            assertThat(events.expandArray(page)).isZero();
        }
        int last = 0;
        for (int i = 0; i < 4500; i++) {
            last = events.bindIpi(0);
        }
        assertThat(last).isEqualTo(4500);
        return last;
    }

    /** Their bits would be in other frames. */
    @Test
    void portsBeyondTheTwoLevelsAreNotPendingWhenTheAbiChangesAgain() {
        bindMany();
        events.reset();
        memory.zero(8);
        for (int frame = 1; frame < 3; frame++) {
            for (int i = frame == 1 ? 2048 : 0; i < 4096; i += 8) {
                memory.put64(4096L * frame + i, -1);
            }
        }
        assertThat(events.initControl(0, 3, 0)).isZero();
        for (int page = 4; page < 9; page++) {
            memory.zero(page);
            assertThat(events.expandArray(page)).isZero();
        }
        assertThat((int) memory.get32(0x8000 + 4 * (4480 - 4096))).isZero();
    }
}
