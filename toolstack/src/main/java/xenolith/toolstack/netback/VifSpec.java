package xenolith.toolstack.netback;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.ConfigException;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.Forward;
import xenolith.toolstack.net.MacAddress;

/**
 * A network card as an element of xl.cfg's list {@code vif} describes it
 * (xl-network-configuration(5)).
 *
 * @param mac empty for one of Xen's own range, chosen at random
 * @param bridge empty for the host's first bridge
 * @param ip addresses as written, separated by blanks, which the guest may use; empty for any
 * @param ipv4 the IPv4 addresses among them, each four bytes as a number
 * @param script kept for xenstore; no script is run
 * @param rate how much the guest may send
 * @param vifname name of the port, in place of vifD.N
 * @param trusted what the front end is told of domain 0
 * @param mtu what the front end is told, bytes of payload of a frame
 * @param forwards ports of this machine that lead to the guest, by a key of Xenolith's own
 */
public record VifSpec(
        Optional<MacAddress> mac,
        Optional<String> bridge,
        String ip,
        Set<Integer> ipv4,
        String script,
        Rate rate,
        Optional<String> vifname,
        boolean trusted,
        int mtu,
        List<Forward> forwards) {
    /** What xl writes where nothing is said. */
    public static final String DEFAULT_SCRIPT = "/etc/xen/scripts/vif-bridge";

    /** Payload of a frame where nothing is said. */
    public static final int DEFAULT_MTU = 1500;

    /** Least payload that IPv4 allows a link to have, and the most that netif can carry. */
    private static final int LEAST_MTU = 68;

    private static final int MOST_MTU = 65517;

    private static final Set<String> KEYS =
            Set.of(
                    "mac",
                    "bridge",
                    "ip",
                    "script",
                    "type",
                    "model",
                    "rate",
                    "vifname",
                    "backend",
                    "gatewaydev",
                    "trusted",
                    "mtu",
                    "devid",
                    "forward",
                    "accel");

    /** A name that could be one of an interface of Linux. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:-]{1,15}");

    private static final Pattern IPV4 = Pattern.compile("([0-9]{1,3})(\\.[0-9]{1,3}){3}(/[0-9]+)?");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(/[0-9]+)?");

    public VifSpec {
        ipv4 = Set.copyOf(ipv4);
        forwards = List.copyOf(forwards);
    }

    /** A card of which nothing was said. */
    public static VifSpec defaults() {
        return new VifSpec(
                Optional.empty(),
                Optional.empty(),
                "",
                Set.of(),
                DEFAULT_SCRIPT,
                Rate.UNLIMITED,
                Optional.empty(),
                true,
                DEFAULT_MTU,
                List.of());
    }

    /** The same card, with more ports that lead to it. */
    public VifSpec forwarding(List<Forward> more) {
        List<Forward> all = new ArrayList<>(forwards);
        all.addAll(more);
        return new VifSpec(mac, bridge, ip, ipv4, script, rate, vifname, trusted, mtu, all);
    }

    /** The card that {@code words} describe: pairs key=value, separated by commas. */
    public static VifSpec parse(Value.Text words) throws ConfigException {
        return new Reader(words).read();
    }

    private static final class Reader {
        private final Value.Text words;
        private final Map<String, String> pairs = new HashMap<>();

        Reader(Value.Text words) {
            this.words = words;
        }

        VifSpec read() throws ConfigException {
            split();
            checkWhatIsNotOurs();
            String ip = pairs.getOrDefault("ip", "").strip();
            return new VifSpec(
                    mac(),
                    name("bridge"),
                    ip,
                    addresses(ip),
                    pairs.getOrDefault("script", DEFAULT_SCRIPT),
                    rate(),
                    name("vifname"),
                    trusted(),
                    mtu(),
                    forwards());
        }

        private void split() throws ConfigException {
            for (String pair : words.text().split(",", -1)) {
                if (pair.isBlank()) {
                    continue;
                }
                int equals = pair.indexOf('=');
                String key = (equals < 0 ? pair : pair.substring(0, equals)).strip();
                if (!KEYS.contains(key)) {
                    throw wrong("\"" + key + "\" is not a setting of a vif");
                }
                String value = equals < 0 ? "" : pair.substring(equals + 1).strip();
                if (equals < 0 && !key.equals("accel")) {
                    throw wrong(key + " needs a value: " + key + "=...");
                }
                if (pairs.put(key, value) != null) {
                    throw wrong(key + " is said twice");
                }
            }
        }

        private void checkWhatIsNotOurs() throws ConfigException {
            String type = pairs.getOrDefault("type", "vif");
            if (!type.equals("vif") && !type.equals("ioemu")) {
                throw wrong("type must be \"vif\" or \"ioemu\", not \"" + type + "\"");
            }
            if (type.equals("ioemu")) {
                throw wrong(
                        "an emulated card (type=ioemu) needs an HVM guest; a PV guest's is"
                                + " type=vif");
            }
            String backend = pairs.getOrDefault("backend", "0");
            if (!backend.equals("0") && !backend.equals("Domain-0")) {
                throw wrong(
                        "backend=" + backend + ": only domain 0 has back ends; leave backend out");
            }
            if (pairs.containsKey("gatewaydev")) {
                throw wrong(
                        "gatewaydev belongs to the script vif-route; cards here are ports of a"
                                + " bridge: name one by bridge=");
            }
        }

        private Optional<MacAddress> mac() throws ConfigException {
            String text = pairs.get("mac");
            if (text == null) {
                return Optional.empty();
            }
            MacAddress mac =
                    MacAddress.parse(text)
                            .orElseThrow(() ->
                                    wrong(
                                            "mac="
                                                    + text
                                                    + " is no Ethernet address, such"
                                                    + " as 00:16:3e:01:02:03"));
            if (mac.group() || mac.bits() == 0) {
                throw wrong("mac=" + text + " cannot be the address of one card");
            }
            return Optional.of(mac);
        }

        private Optional<String> name(String key) throws ConfigException {
            String name = pairs.get(key);
            if (name != null && !NAME.matcher(name).matches()) {
                throw wrong(
                        key
                                + "="
                                + name
                                + " is no name of an interface: 1 to 15 letters, digits"
                                + " or -_.:");
            }
            return Optional.ofNullable(name);
        }

        private Set<Integer> addresses(String ip) throws ConfigException {
            Set<Integer> all = new HashSet<>();
            for (String address : ip.split("\\s+", -1)) {
                if (address.isEmpty() || IPV6.matcher(address).matches()) {
                    continue;
                }
                Integer number = ipv4(address);
                if (number == null) {
                    throw wrong("ip=" + address + " is no IP address");
                }
                all.add(number);
            }
            return all;
        }

        private static @Nullable Integer ipv4(String text) {
            if (!IPV4.matcher(text).matches()) {
                return null;
            }
            int number = 0;
            for (String part : text.replaceFirst("/.*", "").split("\\.", -1)) {
                int octet = Integer.parseInt(part);
                if (octet > 255) {
                    return null;
                }
                number = number << 8 | octet;
            }
            return number;
        }

        private Rate rate() throws ConfigException {
            String text = pairs.get("rate");
            if (text == null) {
                return Rate.UNLIMITED;
            }
            return RateSyntax.parse(text)
                    .orElseThrow(() ->
                            wrong(
                                    "rate="
                                            + text
                                            + " is no rate, such as 10Mb/s, 250KB/s"
                                            + " or 1MB/s@20ms"));
        }

        private boolean trusted() throws ConfigException {
            String text = pairs.getOrDefault("trusted", "1");
            return switch (text) {
                case "1", "true", "yes", "on" -> true;
                case "0", "false", "no", "off" -> false;
                default -> throw wrong("trusted must be 0 or 1, not \"" + text + "\"");
            };
        }

        private int mtu() throws ConfigException {
            String text = pairs.getOrDefault("mtu", Integer.toString(DEFAULT_MTU));
            int mtu = text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
            if (mtu < LEAST_MTU || mtu > MOST_MTU) {
                throw wrong(
                        "mtu must be " + LEAST_MTU + " to " + MOST_MTU + ", not \"" + text + "\"");
            }
            return mtu;
        }

        private List<Forward> forwards() throws ConfigException {
            List<Forward> all = new ArrayList<>();
            for (String text : pairs.getOrDefault("forward", "").split("\\s+", -1)) {
                if (text.isEmpty()) {
                    continue;
                }
                try {
                    all.add(Forward.parse(text));
                } catch (ToolException e) {
                    throw new ConfigException(words.at(), "vif: " + e.getMessage());
                }
            }
            return all;
        }

        private ConfigException wrong(String sentence) {
            return new ConfigException(words.at(), "vif: " + sentence + ".");
        }
    }
}
