package xenolith.hypervisor.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GuestAccessTest {
    private static final long HOLE = 0x0000_8000_0000_0000L;
    private static final long XEN = 0xffff_8000_0000_0000L;
    private static final long XEN_END = 0xffff_8800_0000_0000L;

    @Test
    void theLowerHalfEndsAtTheHole() {
        assertThat(GuestAccess.allowed(0, 8)).isTrue();
        assertThat(GuestAccess.allowed(HOLE - 8, 8)).isTrue();
        assertThat(GuestAccess.allowed(HOLE - 8, 9)).isFalse();
        assertThat(GuestAccess.allowed(HOLE, 1)).isFalse();
    }

    @Test
    void theHypervisorsAreaIsOutOfBounds() {
        assertThat(GuestAccess.allowed(XEN - 1, 1)).isFalse();
        assertThat(GuestAccess.allowed(XEN, 8)).isFalse();
        assertThat(GuestAccess.allowed(XEN_END - 1, 1)).isFalse();
        assertThat(GuestAccess.allowed(XEN_END - 1, 2)).isFalse();
        assertThat(GuestAccess.allowed(XEN_END, 1)).isTrue();
    }

    @Test
    void aRangeNeitherWrapsNorSpansTheHole() {
        assertThat(GuestAccess.allowed(-8, 8)).isTrue();
        assertThat(GuestAccess.allowed(-8, 9)).isFalse();
        assertThat(GuestAccess.allowed(-1, Long.MAX_VALUE)).isFalse();
        assertThat(GuestAccess.allowed(0x1000, Long.MAX_VALUE)).isFalse();
        assertThat(GuestAccess.allowed(0x1000, -1)).isFalse();
        assertThat(GuestAccess.allowed(0x1000, XEN_END - 0x1000)).isFalse();
    }
}
