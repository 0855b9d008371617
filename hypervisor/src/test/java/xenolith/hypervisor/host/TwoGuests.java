package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;

/** A host with a guest of each width; whatever a test does, all is counted at its end. */
abstract class TwoGuests {
    /** Linear address of an argument. */
    static final long AT = 0x9000;

    /** Behind the last page of a guest. */
    static final long END = 32 * 4096;

    final TestHost host = new TestHost(2048, 5);
    final TestHost.Guest g = host.guest(32, 2);
    final TestHost.Guest g32 = host.guest32(32, 1);

    @AfterEach
    void allIsCounted() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }
}
