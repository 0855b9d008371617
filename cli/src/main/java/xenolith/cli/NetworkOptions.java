package xenolith.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.Forward;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.netback.VifKind;

/** Options about network cards and the bridge behind them. */
final class NetworkOptions {
    private static final Pattern UDP = Pattern.compile("udp:([0-9]{1,5}):([0-9]{1,5})");

    @Option(
            names = "--vif",
            arity = "0..1",
            fallbackValue = "",
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

    @Option(
            names = "--way-out",
            paramLabel = "passt|none|udp:PORT:PORT",
            description =
                    "The bridge's way out: passt (if it is installed, also where nothing is said),"
                            + " none, or another host on this machine by a UDP port here and one"
                            + " there.")
    private @Nullable String wayOut;

    @Option(
            names = "--capture",
            paramLabel = "PORT=FILE",
            description =
                    "Writes what passes a port, such as vif1.0, veth0 or peth0, to a file for"
                            + " tshark.")
    private Map<String, Path> captures = new LinkedHashMap<>();

    @Option(
            names = "--no-antispoof",
            description = "Lets guests send by other Ethernet addresses than their cards'.")
    private boolean noAntispoof;

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

    /**
     * The bridge and what makes cards at it.
     *
     * @param seed chooses addresses of cards
     * @param lines is told what a user may want to know
     */
    VifKind kind(long seed, Consumer<String> lines) throws ToolException {
        Network network =
                new Network(
                        List.of(new Network.Plan(Network.DEFAULT_BRIDGE, wayOut())),
                        new Random(seed),
                        !noAntispoof,
                        lines);
        captures.forEach(network::capture);
        return new VifKind(network, lines);
    }

    private WayOut wayOut() throws ToolException {
        if (wayOut == null) {
            return new WayOut.Passt(forwards.isEmpty());
        }
        Matcher udp = UDP.matcher(wayOut);
        if (udp.matches()) {
            return new WayOut.Udp(port(udp.group(1)), port(udp.group(2)));
        }
        return switch (wayOut) {
            case "passt" -> new WayOut.Passt(false);
            case "none" -> new WayOut.None();
            default ->
                    throw new ToolException(
                            "--way-out is \""
                                    + wayOut
                                    + "\", but must be passt, none or udp:PORT:PORT.");
        };
    }

    private static int port(String digits) throws ToolException {
        int port = Integer.parseInt(digits);
        if (port < 1 || port > 65535) {
            throw new ToolException("--way-out: " + digits + " is no UDP port (1 to 65535).");
        }
        return port;
    }
}
