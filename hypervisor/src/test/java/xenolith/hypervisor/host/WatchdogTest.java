package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.control.ShutdownReason;

/** SCHEDOP_watchdog: a guest that forgets to set one anew is shut down (public/sched.h). */
class WatchdogTest {
    private static final long ARGUMENTS = 0x9000;
    private static final int WATCHDOG = 6;
    private static final long SECOND = 1_000_000_000L;

    private final SetClock clock = new SetClock();
    private final TestHost host = new TestHost(1024, 5, clock);
    private final TestHost.Guest g = host.guest(32, 1);

    @AfterEach
    void close() {
        host.close();
    }

    private long watchdog(int id, int seconds) {
        g.put32(ARGUMENTS, id);
        g.put32(ARGUMENTS + 4, seconds);
        return g.call(Hypercall.SCHED_OP, WATCHDOG, ARGUMENTS);
    }

    private void at(long seconds) {
        clock.now = seconds * SECOND;
        host.hypervisor.timers.fire(clock.now);
    }

    @Test
    void thereAreTwo() {
        assertThat(watchdog(0, 10)).isEqualTo(1);
        assertThat(watchdog(0, 10)).isEqualTo(2);
        assertThat(watchdog(0, 10)).isEqualTo(-Errno.ENOSPC);
        assertThat(watchdog(3, 10)).isEqualTo(-Errno.EINVAL);
        assertThat(watchdog(-1, 10)).isEqualTo(-Errno.EINVAL);
        assertThat(watchdog(1, 0)).as("the first one ends").isZero();
        assertThat(watchdog(1, 0)).as("it has ended").isEqualTo(-Errno.EINVAL);
        assertThat(watchdog(1, 10)).as("it is not set any more").isEqualTo(-Errno.EINVAL);
        assertThat(watchdog(0, 10)).as("and free").isEqualTo(1);
    }

    @Test
    void oneThatIsSetAnewInTimeDoesNotBite() {
        assertThat(watchdog(0, 10)).isEqualTo(1);
        assertThat(watchdog(0, 30)).isEqualTo(2);
        at(9);
        assertThat(watchdog(1, 10)).isZero();
        at(18);
        assertThat(watchdog(1, 0)).isZero();
        at(29);
        assertThat(g.d.running()).isTrue();
        assertThat(watchdog(2, 0)).isZero();
        at(1000);
        assertThat(g.d.running()).isTrue();
    }

    @Test
    void oneThatIsForgottenBites() {
        assertThat(watchdog(0, 10)).isEqualTo(1);
        at(9);
        assertThat(g.d.running()).isTrue();
        at(10);
        assertThat(g.d.running()).isFalse();
        assertThat(g.d.shutdownReason()).contains(ShutdownReason.WATCHDOG);
    }
}
