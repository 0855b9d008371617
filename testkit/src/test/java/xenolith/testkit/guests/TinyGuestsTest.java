package xenolith.testkit.guests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import xenolith.testkit.run.Trial;

/** Every tiny guest, under two orders of frames. */
class TinyGuestsTest {
    @TestFactory
    Stream<DynamicTest> succeeds() {
        return TinyGuests.all().stream().map(g -> DynamicTest.dynamicTest(g.name(), () -> run(g)));
    }

    private static void run(TinyGuest guest) {
        byte[] image = guest.image();
        for (long seed = 1; seed <= 2; seed++) {
            Trial trial = Trial.of(guest.name(), image, Trial.Setting.of(seed));
            assertThat(trial.succeeded()).as(trial.describe()).isTrue();
            assertThat(trial.audit()).as(guest.name()).isEmpty();
        }
    }
}
