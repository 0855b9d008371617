package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import xenolith.toolstack.guest.DebianGuest;

/**
 * Debian's stock kernel with its balloon driver: it follows memory/target in the store down and up,
 * to the page, and all frames are accounted for.
 */
class BalloonGuestIT {
    private static final long FULL_MIB = 256;
    private static final long SMALL_MIB = 192;
    private static final Duration LONGEST = Duration.ofMinutes(2);

    @Test
    void theBalloonReachesItsTargetExactly() throws Exception {
        GuestSession.Setup debian = DebianFiles.setup(DebianGuest.KERNEL_PACKAGE);
        try (GuestSession guest = GuestSession.start(debian)) {
            guest.expect("~ # ", Duration.ofMinutes(3));
            assertThat(pages(guest)).isEqualTo(FULL_MIB << 8);
            for (long mib : new long[] {SMALL_MIB, FULL_MIB, SMALL_MIB + 1, FULL_MIB}) {
                guest.domain().adjustments().memory(mib);
                await(guest, mib << 8);
                assertThat(guest.audit()).as("at %d MiB", mib).isEmpty();
            }
            guest.send("dmesg | grep -cE 'WARNING|BUG:|Oops'; poweroff -f");
            guest.expect("\n0\r\n", Duration.ofMinutes(1));
            assertThat(guest.end(Duration.ofMinutes(1))).isEqualTo(Ending.POWERED_OFF);
        } finally {
            debian.files().close();
        }
    }

    private static long pages(GuestSession guest) throws Exception {
        return guest.domain().report().info().pages();
    }

    /** The driver takes pages as it finds them free, in its own time. */
    private static void await(GuestSession guest, long wanted) throws Exception {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        while (pages(guest) != wanted && System.nanoTime() < deadline) {
            Thread.sleep(50);
        }
        assertThat(pages(guest)).isEqualTo(wanted);
        // It has stopped there.
        Thread.sleep(500);
        assertThat(pages(guest)).isEqualTo(wanted);
    }
}
