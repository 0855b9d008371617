package xenolith.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.machine.engine.EngineKind;

/**
 * Guests whose front ends do what they must not, all in one host, beside two that ping each other
 * by frames which go to every card.
 */
@Timeout(120)
class HostileCardTest {
    private static final int ECHOES = 2000;

    @ParameterizedTest
    @EnumSource(names = {"INTERPRETER", "TRANSLATOR"})
    void harmsItselfOnly(EngineKind engine) throws Exception {
        List<HostileCard> bad = HostileCard.all();
        try (Cards cards = new Cards(engine, 5)) {
            List<Cards.Guest> pingers = new ArrayList<>();
            for (int i = 1; i <= 2; i++) {
                Pinger pinger = new Pinger(i, 3 - i, ECHOES, true);
                pingers.add(cards.create("pinger" + i, pinger.image(), i));
            }
            List<Cards.Guest> guests = new ArrayList<>();
            for (int i = 0; i < bad.size(); i++) {
                guests.add(cards.create(bad.get(i).name(), bad.get(i).image(i + 3), i + 3));
            }
            cards.start();
            for (Cards.Guest guest : guests) {
                guest.expect("Test result: ", cards.log);
            }
            for (Cards.Guest pinger : pingers) {
                pinger.expect(Pinger.DONE, cards.log);
            }
            for (int i = 0; i < bad.size(); i++) {
                assertThat(guests.get(i).text()).as(bad.get(i).name()).contains("SUCCESS");
                check(bad.get(i), cards.log);
            }
            assertThat(cards.host.audit()).isEmpty();
            assertThat(cards.host.messages()).noneMatch(m -> m.contains("defect"));
        }
    }

    private static void check(HostileCard card, List<String> log) {
        List<String> off =
                log.stream()
                        .filter(l ->
                                l.startsWith(card.name() + ": vif")
                                        && l.contains("is switched off"))
                        .toList();
        if (card.why().isEmpty()) {
            assertThat(off).as(card.name()).isEmpty();
        } else {
            assertThat(off).as(card.name() + " of " + log).isNotEmpty();
            assertThat(off).allMatch(l -> l.contains(card.why()));
        }
    }
}
