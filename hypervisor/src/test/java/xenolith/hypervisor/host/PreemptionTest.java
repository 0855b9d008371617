package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;

/**
 * An address space of 64 level-1 tables with 512 entries each takes longer than a hypercall may:
 * validation, and the opposite, go on where they were interrupted, and whatever is done in between
 * finds everything counted.
 */
class PreemptionTest {
    private static final int L1_TABLES = 64;
    private static final int ENTRIES = L1_TABLES * 512;
    private static final long TABLE = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;
    private static final int PIN_L1 = 0;
    private static final int PIN_L4 = 3;
    private static final int UNPIN = 4;

    private final TestHost host = new TestHost(4096, 11);
    private final TestHost.Guest g = host.guest(32, 2);
    private final Vcpu v = g.d.vcpu(0);
    private long l4;
    private long firstL1;
    private long lastL1;

    @BeforeEach
    void tree() {
        l4 = frame();
        long l3 = frame();
        long l2 = frame();
        host.memory.put64(l4 << 12, Pte.of(l3, TABLE));
        host.memory.put64(l3 << 12, Pte.of(l2, TABLE));
        for (int i = 0; i < L1_TABLES; i++) {
            long l1 = frame();
            host.memory.put64((l2 << 12) + 8L * i, Pte.of(l1, TABLE));
            for (int slot = 0; slot < 512; slot++) {
                host.memory.put64((l1 << 12) + 8L * slot, Pte.of(g.mfns[9], Pte.P | Pte.U));
            }
            firstL1 = i == 0 ? l1 : firstL1;
            lastL1 = l1;
        }
    }

    private long frame() {
        g.d.memory.setMaxPages(200);
        long mfn = host.frames.allocate(g.d.memory, 100);
        assertThat(mfn).isPositive();
        return mfn;
    }

    @AfterEach
    void free() {
        assertThat(host.audit()).isEmpty();
        g.d.release();
        assertThat(host.audit()).isEmpty();
        for (long mfn : g.mfns) {
            assertThat(host.frames.owner(mfn)).isEqualTo(-1);
        }
        assertThat(host.frames.owner(l4)).isEqualTo(-1);
        host.close();
    }

    private void request(int command, long mfn) {
        g.put32(0x8000, command);
        g.put64(0x8008, mfn);
        g.set(v, Hypercall.MMUEXT_OP, 0x8000, 1, 0x8800, 0x7ff0);
    }

    /** Makes the request to its end; in how many steps. */
    private int steps(boolean audit) {
        int steps = 1;
        while (g.paused(v)) {
            assertThat(host.frames.types().spent()).isLessThan(4096 + 8);
            if (audit) {
                assertThat(host.audit()).as("after step %d", steps).isEmpty();
            }
            steps++;
        }
        return steps;
    }

    private long result() {
        return v.cpu.rax;
    }

    @Test
    void pinAndUnpinTakeManyStepsWithEverythingCountedInBetween() {
        request(PIN_L4, l4);
        assertThat(steps(true)).isBetween(ENTRIES / 4096, ENTRIES / 4096 + 3);
        assertThat(result()).isZero();
        assertThat(g.get32(0x8800)).isOne();
        assertThat(host.frames.pinned(l4)).isTrue();
        request(UNPIN, l4);
        assertThat(steps(true)).isBetween(ENTRIES / 4096, ENTRIES / 4096 + 3);
        assertThat(result()).isZero();
        assertThat(host.frames.typeCount(firstL1)).isZero();
        assertThat(host.frames.typeCount(l4)).isZero();
    }

    @Test
    void aFailureDeepInsideUndoesAllInSteps() {
        host.memory.put64((lastL1 << 12) + 8 * 511, Pte.of(g.mfns[1], Pte.P | Pte.RW | Pte.U));
        request(PIN_L4, l4);
        assertThat(steps(true)).isGreaterThan(2 * ENTRIES / 4096 - 2);
        assertThat(result()).isEqualTo(-Errno.EBUSY);
        assertThat(host.frames.typeCount(firstL1)).isZero();
        assertThat(host.log.refusals().last())
                .anyMatch(r -> r.line().contains("which may not be mapped writable"));
        assertThat(host.refusal().explained()).isTrue();
    }

    @Test
    void aTableValidatedInPartIsNothingElse() {
        request(PIN_L4, l4);
        assertThat(g.paused(v)).isTrue();
        assertThat(host.frames.partial(l4)).isTrue();
        assertThat(host.frames.getPageWritable(l4, g.d.domid())).isFalse();
        g.put64(0x9000, l4 << 12);
        g.put64(0x9008, 0);
        assertThat(g.call(g.d.vcpu(1), Hypercall.MMU_UPDATE, 0x9000, 1, 0, 0x7ff0))
                .isEqualTo(-Errno.EINVAL);
        g.put32(0x9000, PIN_L1);
        assertThat(g.call(g.d.vcpu(1), Hypercall.MMUEXT_OP, 0x9000, 1, 0, 0x7ff0))
                .isEqualTo(-Errno.EINVAL);
        // The domain dies with the table as it is.
    }

    @Test
    void anotherVcpuMayFinishWhatOneBegan() {
        request(PIN_L4, l4);
        assertThat(g.paused(v)).isTrue();
        g.put32(0x9000, PIN_L4);
        g.put64(0x9008, l4);
        assertThat(g.call(g.d.vcpu(1), Hypercall.MMUEXT_OP, 0x9000, 1, 0, 0x7ff0)).isZero();
        assertThat(steps(false)).isOne();
        assertThat(result()).as("pinned already").isEqualTo(-Errno.EINVAL);
    }

    @Test
    void aTableThatIsBeingLetGoOfMayComeBack() {
        request(PIN_L4, l4);
        steps(false);
        request(UNPIN, l4);
        assertThat(g.paused(v)).isTrue();
        assertThat(g.d.memory.hasOldTables()).isTrue();
        // The guest does not go on with its call, and another one begins with the rest of it.
        request(PIN_L4, l4);
        steps(true);
        assertThat(result()).isZero();
        assertThat(host.frames.pinned(l4)).isTrue();
    }

    @Test
    void anEntryOfAHighTableTakesSteps() {
        long l3 = Pte.mfn(host.memory.get64(l4 << 12));
        g.put64(0x9000, (g.mfns[3] << 12) + 8 * 5);
        g.put64(0x9008, Pte.of(l3, TABLE));
        g.set(v, Hypercall.MMU_UPDATE, 0x9000, 1, 0x9800, 0x7ff0);
        assertThat(steps(true)).isGreaterThan(6);
        assertThat(result()).isZero();
        assertThat(g.get32(0x9800)).isOne();
        g.put64(0x9008, 0);
        g.set(v, Hypercall.MMU_UPDATE, 0x9000, 1, 0x9800, 0x7ff0);
        assertThat(steps(true)).isGreaterThan(6);
        assertThat(host.frames.typeCount(l3)).isZero();
        assertThat(g.get64(0x3000 + 8 * 5)).isZero();
    }
}
