package xenolith.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.Forward;
import xenolith.toolstack.netback.VifKind;

/** Options about network cards and the bridge behind them. */
final class NetworkOptions {
    /** A card without particulars; no words at all would be no element of a list to picocli. */
    private static final String PLAIN = "type=vif";

    @Option(
            names = "--vif",
            arity = "0..1",
            fallbackValue = PLAIN,
            paramLabel = "WORDS",
            description =
                    "Gives the guest a network card, as an element of the list vif in xl.cfg"
                            + " describes it, such as mac=00:16:3e:01:02:03; more than once for more"
                            + " cards.")
    private List<String> vifs = List.of();

    @Option(
            names = "--forward",
            paramLabel = "PORT:GUEST-PORT",
            description =
                    "Lets a port of this machine lead to the guest's first card, such as 2222:22,"
                            + " udp:5353:53, or 0.0.0.0/8080:80 for others than this machine.")
    private List<String> forwards = List.of();

    @Mixin private BridgeOptions bridgeOptions = new BridgeOptions();

    /** {@code domain} with the cards that the options give it. */
    DomainSpec addTo(DomainSpec domain) throws ToolException {
        List<Value.Text> cards = new ArrayList<>(domain.vifs());
        for (String words : vifs) {
            cards.add(new Value.Text(new Position("--vif", 1, 1), words));
        }
        if (!forwards.isEmpty()) {
            for (String forward : forwards) {
                Forward.parse(forward);
            }
            Value.Text first =
                    cards.isEmpty()
                            ? new Value.Text(new Position("--forward", 1, 1), "")
                            : cards.removeFirst();
            String words =
                    first.text()
                            + (first.text().isBlank() ? "" : ",")
                            + "forward="
                            + String.join(" ", forwards);
            cards.addFirst(new Value.Text(first.at(), words));
        }
        return domain.with(b -> b.vifs = cards);
    }

    /** As {@link BridgeOptions#kind}. */
    VifKind kind(long seed, Consumer<String> lines) throws ToolException {
        return bridgeOptions.kind(seed, lines);
    }
}
