package xenolith.hypervisor.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;

class GuestAccessTest {
    private static final long HOLE = 0x0000_8000_0000_0000L;
    private static final long XEN = 0xffff_8000_0000_0000L;
    private static final long XEN_END = 0xffff_8800_0000_0000L;

    @Test
    void theLowerHalfEndsAtTheHole() {
        assertThat(GuestAccess.allowed(Abi.BITS64, 0, 8)).isTrue();
        assertThat(GuestAccess.allowed(Abi.BITS64, HOLE - 8, 8)).isTrue();
        assertThat(GuestAccess.allowed(Abi.BITS64, HOLE - 8, 9)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, HOLE, 1)).isFalse();
    }

    @Test
    void theHypervisorsAreaIsOutOfBounds() {
        assertThat(GuestAccess.allowed(Abi.BITS64, XEN - 1, 1)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, XEN, 8)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, XEN_END - 1, 1)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, XEN_END - 1, 2)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, XEN_END, 1)).isTrue();
    }

    @Test
    void aRangeNeitherWrapsNorSpansTheHole() {
        assertThat(GuestAccess.allowed(Abi.BITS64, -8, 8)).isTrue();
        assertThat(GuestAccess.allowed(Abi.BITS64, -8, 9)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, -1, Long.MAX_VALUE)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, 0x1000, Long.MAX_VALUE)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, 0x1000, -1)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS64, 0x1000, XEN_END - 0x1000)).isFalse();
    }

    @Test
    void guestsOf32BitsEndAtTheHole() {
        assertThat(GuestAccess.allowed(Abi.BITS32, 0, 1)).isTrue();
        assertThat(GuestAccess.allowed(Abi.BITS32, 0xf57f_fffcL, 4)).isTrue();
        assertThat(GuestAccess.allowed(Abi.BITS32, 0xf57f_fffdL, 4)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS32, 0xf580_0000L, 1)).isFalse();
        assertThat(GuestAccess.allowed(Abi.BITS32, 0x1_0000_0000L, 1)).isFalse();
    }
}
