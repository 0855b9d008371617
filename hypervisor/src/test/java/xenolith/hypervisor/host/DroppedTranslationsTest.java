package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;

/**
 * Dropping cached translations is work: there is an end to it, and a list of changes that ask for
 * it pauses.
 */
class DroppedTranslationsTest {
    private static final long TABLE = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;
    private static final int ROUNDS = 200;

    private final TestHost host = new TestHost(4096, 11);
    private final TestHost.Guest g = host.guest(64, 1);
    private final Vcpu v = g.d.vcpu(0);

    @AfterEach
    void close() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    private void request(int i, long maddr, long entry) {
        g.put64(0x9000 + 16L * i, maddr);
        g.put64(0x9008 + 16L * i, entry);
    }

    /**
     * A level-4 entry (of the lower half, of the upper half) below which 2^27 pages seem to be,
     * since tables name one and the same table 512 times.
     */
    @ParameterizedTest
    @ValueSource(ints = {5, 300})
    void whatIsDroppedBelowALevel4EntryHasAnEnd(int slot) {
        long l3 = frame();
        long l2 = frame();
        fill(l2, g.mfns[0]);
        fill(l3, l2);
        g.put32(0x8000, 2);
        g.put64(0x8008, l3);
        assertThat(g.call(Hypercall.MMUEXT_OP, 0x8000, 1, 0, 0x7ff0)).isZero();
        for (int i = 0; i < 2 * ROUNDS; i += 2) {
            request(i, (g.mfns[3] << 12) + 8L * slot, Pte.of(l3, TABLE));
            request(i + 1, (g.mfns[3] << 12) + 8L * slot, 0);
        }
        g.set(v, Hypercall.MMU_UPDATE, 0x9000, 2 * ROUNDS, 0, 0x7ff0);
        int steps = 0;
        boolean again;
        do {
            again = g.paused(v);
            steps++;
            assertThat(v.takeWork()).isBetween(1, 4096 + 2200);
        } while (again);
        assertThat(v.cpu.rax).isZero();
        assertThat(steps).isBetween(2, ROUNDS);
    }

    @Test
    void lookingForAFrameThatWasGivenUpIsWork() {
        int pages = 30;
        for (int i = 0; i < pages; i++) {
            g.put64(0x8100 + 8L * i, g.mfns[20 + i]);
            request(i, (g.mfns[0] << 12) + 8L * (20 + i), 0);
        }
        g.put64(0x8000, 0x8100);
        g.put64(0x8008, pages);
        g.put64(0x8010, 0);
        g.put64(0x8018, 0x7ff0);
        assertThat(g.call(Hypercall.MEMORY_OP, 1, 0x8000)).isEqualTo(pages);
        v.takeWork();
        assertThat(g.call(Hypercall.MMU_UPDATE, 0x9000, pages, 0, 0x7ff0)).isZero();
        assertThat(v.takeWork()).isGreaterThan(20 * pages);
    }

    private long frame() {
        return host.frames.allocate(g.d.memory, 100);
    }

    private void fill(long table, long below) {
        for (int i = 0; i < 512; i++) {
            host.memory.put64((table << 12) + 8L * i, Pte.of(below, TABLE));
        }
    }
}
