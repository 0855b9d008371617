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
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.netback.VifKind;

/** Options about a host's bridges. */
final class BridgeOptions {
    private static final Pattern UDP = Pattern.compile("udp:([0-9]{1,5}):([0-9]{1,5})");
    private static final String TAP = "tap:";
    private static final int MOST_PORT = 65535;

    @Option(
            names = "--way-out",
            paramLabel = "passt|none|tap[:NAME]|udp:PORT:PORT",
            description =
                    "The way out of bridge xenbr0: passt (if it is installed, also where nothing is"
                            + " said), none, with root a TAP device of this machine (peth0, or of"
                            + " another name), or another host on this machine by a UDP port here"
                            + " and one there.")
    private @Nullable String wayOut;

    @Option(
            names = "--bridge",
            paramLabel = "NAME=WAY-OUT",
            description =
                    "A bridge with its way out, in place of xenbr0; more than once for more"
                            + " bridges, the first being that of cards which name none.")
    private Map<String, String> bridges = new LinkedHashMap<>();

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

    /**
     * The bridges and what makes cards at them.
     *
     * @param seed chooses addresses of cards
     * @param lines is told what a user may want to know
     */
    VifKind kind(long seed, Consumer<String> lines) throws ToolException {
        List<Network.Plan> plans = new ArrayList<>();
        for (Map.Entry<String, String> bridge : bridges.entrySet()) {
            plans.add(new Network.Plan(bridge.getKey(), wayOut("--bridge", bridge.getValue())));
        }
        if (plans.isEmpty()) {
            WayOut way = wayOut == null ? new WayOut.Passt(true) : wayOut("--way-out", wayOut);
            plans.add(new Network.Plan(Network.DEFAULT_BRIDGE, way));
        }
        Network network = new Network(plans, new Random(seed), !noAntispoof, lines);
        captures.forEach(network::capture);
        return new VifKind(network, lines);
    }

    private static WayOut wayOut(String option, String words) throws ToolException {
        Matcher udp = UDP.matcher(words);
        if (udp.matches()) {
            return new WayOut.Udp(port(udp.group(1)), port(udp.group(2)));
        }
        if (words.startsWith(TAP)) {
            return new WayOut.Tap(words.substring(TAP.length()));
        }
        return switch (words) {
            case "tap" -> new WayOut.Tap("");
            case "passt" -> new WayOut.Passt(false);
            case "none" -> new WayOut.None();
            default ->
                    throw new ToolException(
                            option
                                    + ": the way out \""
                                    + words
                                    + "\" must be passt, none, tap, tap:NAME or udp:PORT:PORT.");
        };
    }

    private static int port(String digits) throws ToolException {
        int port = Integer.parseInt(digits);
        if (port < 1 || port > MOST_PORT) {
            throw new ToolException("A way out: " + digits + " is no UDP port (1 to 65535).");
        }
        return port;
    }
}
