package xenolith.testkit.guests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import xenolith.testkit.guests32.TinyGuests32;
import xenolith.testkit.run.Trial;

/** Every tiny guest, under two orders of frames. */
class TinyGuestsTest {
    @TestFactory
    Stream<DynamicTest> succeeds() {
        return TinyGuests.all().stream()
                .map(g -> DynamicTest.dynamicTest(g.name(), () -> run(g.name(), g.image())));
    }

    @TestFactory
    Stream<DynamicTest> succeedsIn32Bits() {
        return TinyGuests32.all().stream()
                .map(g -> DynamicTest.dynamicTest(g.name(), () -> run(g.name(), g.image())));
    }

    private static void run(String name, byte[] image) {
        for (long seed = 1; seed <= 2; seed++) {
            Trial trial = Trial.of(name, image, Trial.Setting.of(seed));
            assertThat(trial.succeeded()).as(trial.describe()).isTrue();
            assertThat(trial.audit()).as(name).isEmpty();
        }
    }
}
