package xenolith.hypervisor.grant;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The order in which handles are given out, which is Xen's. */
class MaptrackTest {
    private final Maptrack track = new Maptrack();

    private void take(int from, int to) {
        for (int handle = from; handle <= to; handle++) {
            assertThat(track.take(0)).isEqualTo(handle);
        }
    }

    @Test
    void aHandleThatIsPutBackComesLast() {
        take(0, 2);
        track.set(1, null);
        take(3, 255);
        assertThat(track.take(0)).as("the last one stays").isEqualTo(256);
        track.set(0, null);
        take(257, 511);
        assertThat(track.take(0)).isEqualTo(1);
        assertThat(track.take(0)).isEqualTo(512);
    }

    @Test
    void eachListKeepsItsLastOne() {
        take(0, 254);
        take(256, 511);
        take(512, 767);
        assertThat(track.mapping(255)).isNull();
    }

    @Test
    void virtualProcessorsHaveFramesOfTheirOwn() {
        take(0, 9);
        assertThat(track.take(3)).isEqualTo(256);
        take(10, 10);
        track.set(256, null);
        assertThat(track.take(3)).isEqualTo(257);
    }

    @Test
    void withAllFramesInUseTheyStealFromEachOther() {
        for (int i = 0; i < Maptrack.MAX_HANDLES - 1; i++) {
            assertThat(track.take(0)).isNotNegative();
        }
        assertThat(track.take(0)).as("but the last").isEqualTo(Maptrack.NONE);
        assertThat(track.take(1)).isEqualTo(Maptrack.NONE);
        track.set(5, null);
        track.set(6, null);
        assertThat(track.take(1)).as("one to keep, another to use").isEqualTo(5);
        track.set(5, null);
        assertThat(track.take(1)).isEqualTo(255);
    }
}
