package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.netback.VifSpec;

/** Cards by options of the command. */
class NetworkOptionsTest {
    private static List<VifSpec> cards(String... words) throws ToolException {
        NetworkOptions options = new NetworkOptions();
        new CommandLine(options).parseArgs(words);
        List<VifSpec> cards = new java.util.ArrayList<>();
        for (var text : options.addTo(DomainSpec.defaults()).vifs()) {
            cards.add(VifSpec.parse(text));
        }
        return cards;
    }

    @Test
    void eachVifIsACard() throws Exception {
        assertThat(cards()).isEmpty();
        assertThat(cards("--vif")).hasSize(1);
        assertThat(cards("--vif", "--vif", "mtu=9000")).hasSize(2);
        assertThat(cards("--vif", "--no-antispoof")).hasSize(1);
    }

    @Test
    void aForwardedPortLeadsToTheFirstCard() throws Exception {
        List<VifSpec> cards = cards("--forward", "2222:22", "--vif", "mtu=9000", "--vif");
        assertThat(cards).hasSize(2);
        assertThat(cards.getFirst().forwards()).hasSize(1);
        assertThat(cards.getFirst().mtu()).isEqualTo(9000);
        assertThat(cards("--forward", "2222:22")).hasSize(1);
    }
}
