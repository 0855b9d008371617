package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * 150 hostile guests; with {@code -Dhostile.guests=N} as many, from {@code -Dhostile.seed=S} on.
 */
class HostileCodeTest {
    @Test
    void eachEndsWithItsOwnDomainAtWorst() {
        int guests = Integer.getInteger("hostile.guests", 150);
        long first = Long.getLong("hostile.seed", 1);
        int crashed = 0;
        for (long seed = first; seed < first + guests; seed++) {
            try (HostileCode guest = new HostileCode(seed)) {
                assertThat(guest.run()).as("seed %d", seed).isEmpty();
                crashed += guest.crashed() ? 1 : 0;
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        assertThat(crashed).as("otherwise they were harmless").isGreaterThan(guests / 10);
    }
}
