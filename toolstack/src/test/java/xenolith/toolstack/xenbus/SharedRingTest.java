package xenolith.toolstack.xenbus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.FakeDomain;

/** Rings in granted pages, with guests that keep to the rules and guests that do not. */
class SharedRingTest {
    private static final int SLOT = 112;

    private final FakeDomain domain = new FakeDomain();
    private final GuestRing guest = new GuestRing(domain, 100, 2, SLOT);
    private final SharedRing ring = map(100, 101);

    private SharedRing map(int... refs) {
        try {
            return SharedRing.map(domain, refs, SLOT);
        } catch (ControlException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void unmap() {
        ring.close();
        assertThat(domain.mapped).isZero();
    }

    private static byte[] bytes(int first, int count) {
        byte[] b = new byte[count];
        for (int i = 0; i < count; i++) {
            b[i] = (byte) (first + i);
        }
        return b;
    }

    @Test
    void requestsAndResponsesGoAroundAcrossPages() {
        assertThat(ring.slots()).isEqualTo(64);
        for (int i = 0; i < 1000; i++) {
            guest.put(bytes(i, SLOT));
            assertThat(ring.requests()).isEqualTo(1);
            byte[] request = new byte[SLOT];
            ring.take(request);
            assertThat(request).isEqualTo(bytes(i, SLOT));
            assertThat(ring.requestsAfterAll()).isFalse();
            assertThat(guest.answered()).isFalse();
            ring.respond(bytes(i + 7, 16));
            assertThat(ring.publish()).isTrue();
            assertThat(guest.next(16).array()).isEqualTo(bytes(i + 7, 16));
        }
    }

    @Test
    void theGuestIsToldOnlyIfItAsked() {
        guest.put(bytes(0, SLOT));
        guest.put(bytes(1, SLOT));
        byte[] request = new byte[SLOT];
        ring.take(request);
        ring.take(request);
        guest.index(12, 2);
        ring.respond(bytes(0, 16));
        assertThat(ring.publish()).isFalse();
        ring.respond(bytes(0, 16));
        assertThat(ring.publish()).isTrue();
        assertThatThrownBy(() -> ring.respond(bytes(0, 16)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aRequestThatComesLateIsNotMissed() {
        assertThat(ring.requestsAfterAll()).isFalse();
        assertThat(guest.index(4)).isEqualTo(1);
        guest.put(bytes(0, SLOT));
        assertThat(ring.requestsAfterAll()).isTrue();
    }

    @Test
    void nonsenseIndicesBreakTheRingOnly() {
        guest.put(bytes(0, SLOT));
        ring.take(new byte[SLOT]);
        for (int index : new int[] {65, -1, 0, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            try (SharedRing other = map(100, 101)) {
                guest.put(bytes(0, SLOT));
                guest.index(0, index);
                assertThat(other.requests()).as("index %d", index).isBetween(0, 64);
            }
        }
        guest.index(0, 0x1000_0000);
        assertThat(ring.requests()).isZero();
        assertThat(ring.broken()).isTrue();
        guest.index(0, 2);
        assertThat(ring.requests()).as("a broken ring stays so").isZero();
    }

    @Test
    void aRequestIsReadOnce() {
        guest.put(bytes(5, SLOT));
        byte[] request = new byte[SLOT];
        ring.take(request);
        guest.index(64, -1);
        assertThat(request).isEqualTo(bytes(5, SLOT));
    }
}
