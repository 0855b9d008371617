package xenolith.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.machine.engine.EngineKind;

/** Tiny guests that ping each other through their cards and a bridge. */
@Timeout(120)
class PingerTest {
    private static final int ECHOES = 50;

    @ParameterizedTest
    @EnumSource(names = {"INTERPRETER", "TRANSLATOR"})
    void aRingOfGuestsPings(EngineKind engine) throws Exception {
        try (Cards cards = new Cards(engine, 3)) {
            for (int i = 1; i <= 4; i++) {
                Pinger pinger = new Pinger(i, i % 4 + 1, ECHOES, i == 4);
                cards.create("pinger" + i, pinger.image(), i);
            }
            cards.start();
            for (Cards.Guest guest : cards.guests()) {
                guest.expect(Pinger.DONE, cards.log);
            }
            assertThat(cards.log).isEmpty();
            assertThat(cards.host.audit()).isEmpty();
        }
    }
}
