package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.domain.Domain;

/** The memory of a dead domain comes back in steps, and nobody misses it meanwhile. */
class DestroyTest {
    private static final int PAGES = 4000;

    /** Frames of one step, or entries of page tables. */
    private static final int STEP = 1024;

    private final TestHost host = new TestHost(8192, 5);
    private final TestHost.Guest g = host.guest(32, 1);

    @AfterEach
    void allIsCounted() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    /** Gives the guest more pages, which its tables do not name. */
    private void grow() {
        g.d.memory.setMaxPages(PAGES);
        for (int pfn = 32; pfn < PAGES; pfn++) {
            assertThat(host.frames.allocate(g.d.memory, pfn)).isPositive();
        }
    }

    @Test
    void aStepIsShort() {
        long before = host.frames.freeFrames();
        grow();
        int domid = g.d.domid();
        g.d.release();
        long promised = host.frames.freeSoon();
        assertThat(promised).isGreaterThanOrEqualTo(before);
        int steps = 0;
        long left = g.d.memory.totalPages();
        assertThat(left).isEqualTo(PAGES);
        while (!host.frames.reaped()) {
            assertThat(host.frames.knows(domid)).as("its number is taken").isTrue();
            host.frames.reap();
            assertThat(left - g.d.memory.totalPages()).isBetween(0L, (long) STEP);
            left = g.d.memory.totalPages();
            steps++;
        }
        assertThat(steps).isGreaterThan(PAGES / STEP);
        assertThat(left).isZero();
        assertThat(host.frames.knows(domid)).isFalse();
        assertThat(host.frames.freeFrames()).isEqualTo(promised);
    }

    @Test
    void whoNeedsMemoryDoesNotWait() {
        grow();
        g.d.release();
        host.frames.reap();
        DomainConfig config = new DomainConfig("next", new UUID(0, 2), 1, 7000, -1);
        Domain next = Domain.create(host.hypervisor, host.hypervisor.nextDomid(), config);
        for (int pfn = 0; pfn < 7000; pfn++) {
            assertThat(host.frames.allocate(next.memory, pfn)).as("page %d", pfn).isPositive();
        }
        assertThat(host.frames.reaped()).isTrue();
    }

    @Test
    void whatOthersHoldStaysWithItsNumber() {
        grow();
        int domid = g.d.domid();
        long held = g.mfns[20];
        assertThat(host.frames.getPage(held, domid)).isTrue();
        g.d.release();
        host.frames.finishReaping();
        assertThat(host.frames.owner(held)).isEqualTo(domid);
        assertThat(host.frames.knows(domid)).isTrue();
        host.frames.putPage(held);
        assertThat(host.frames.knows(domid)).isFalse();
    }

    @Test
    void freeFramesAreClearedBeforeSomebodyTakesThem() {
        byte[] secret = {1, 2, 3, 4};
        long[] mfns = g.mfns.clone();
        for (long mfn : mfns) {
            host.frames.memory().write((mfn << 12) + 4092, secret, 0, 4);
        }
        g.d.release();
        host.frames.finishReaping();
        int turns = 0;
        while (host.frames.scrub()) {
            assertThat(++turns).as("it comes to an end").isLessThan(PAGES);
        }
        for (long mfn : mfns) {
            byte[] page = new byte[4096];
            host.frames.memory().read(mfn << 12, page, 0, 4096);
            assertThat(page).as("frame 0x%x", mfn).containsOnly(0);
        }
    }
}
