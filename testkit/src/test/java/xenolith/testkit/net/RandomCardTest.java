package xenolith.testkit.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.machine.engine.EngineKind;

/** Guests that fill their cards' rings by chance, beside two that ping each other. */
@Timeout(120)
class RandomCardTest {
    private static final int ECHOES = 1000;
    private static final int PINGERS = 2;
    private static final int RANDOM = 3;
    private static final int ROUNDS = 150;

    /**
     * Counted time is instructions: the pair is not slower than by those of the others. A frame of
     * it that got lost would cost it fifty times more.
     */
    @ParameterizedTest
    @EnumSource(names = {"INTERPRETER", "TRANSLATOR"})
    void othersKeepTheirShare(EngineKind engine) throws Exception {
        long pair = run(engine, PINGERS, 0);
        long random = run(engine, 0, RANDOM);
        long both = run(engine, PINGERS, RANDOM);
        assertThat(both).as("%d and %d alone", pair, random).isLessThan((pair + random) * 3 / 2);
    }

    /** Nanoseconds until the last echo was answered, or the last random guest is done. */
    private static long run(EngineKind engine, int pingers, int others) throws Exception {
        try (Cards cards = new Cards(engine, 7)) {
            List<Cards.Guest> pair = new ArrayList<>();
            for (int i = 1; i <= pingers; i++) {
                Pinger pinger = new Pinger(i, 3 - i, ECHOES, true);
                pair.add(cards.create("pinger" + i, pinger.image(), i));
            }
            List<Cards.Guest> guests = new ArrayList<>();
            for (int i = 0; i < others; i++) {
                byte[] image = new RandomCard(i + 1L, ROUNDS).image();
                guests.add(cards.create("random" + i, image, i + 3));
            }
            cards.start();
            long slowest = 0;
            for (Cards.Guest pinger : pair) {
                pinger.expect(Pinger.DONE, cards.log);
                slowest = Math.max(slowest, pinger.nanos(Pinger.DONE));
            }
            for (Cards.Guest guest : guests) {
                guest.expect("Test result: SUCCESS", cards.log);
                slowest = pingers > 0 ? slowest : Math.max(slowest, guest.nanos(RandomCard.DONE));
            }
            check(cards, others);
            return slowest;
        }
    }

    private static void check(Cards cards, int others) throws Exception {
        assertThat(cards.host.audit()).isEmpty();
        assertThat(cards.host.messages()).noneMatch(m -> m.contains("defect"));
        List<String> off = cards.log.stream().filter(l -> l.contains("switched off")).toList();
        assertThat(off).allMatch(l -> l.startsWith("random"));
        if (others > 0) {
            assertThat(off).hasSizeGreaterThan(100);
        } else {
            assertThat(cards.log).isEmpty();
        }
    }
}
