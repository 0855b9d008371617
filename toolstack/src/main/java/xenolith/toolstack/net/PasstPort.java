package xenolith.toolstack.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import xenolith.toolstack.ToolException;

/**
 * pethN without root: the way out through passt. Each guest behind the bridge has a passt of its
 * own, since passt serves one guest; all of them are the same router, {@link #GATEWAY}, to the
 * guests, and give out addresses of {@link #NETWORK} by DHCP. Where this machine has IPv6, they
 * announce its network to the guests, too, which choose addresses of it themselves.
 */
public final class PasstPort extends Port {
    /** The guests' network. */
    public static final String NETWORK = "10.0.2.0/24";

    /** The router's address, which is this machine's loopback to guests. */
    public static final String GATEWAY = "10.0.2.2";

    private static final int NET = 10 << 24 | 2 << 8;
    private static final int GATEWAY_HOST = 2;
    private static final int FIRST_GUEST = 15;
    private static final int LAST_GUEST = 254;

    private static final int IPV4 = 0x0800;
    private static final int ARP = 0x0806;
    private static final int ARP_TARGET = Frame.HEADER + 24;
    private static final int DHCP_SERVER = 67;

    private static final int USUAL_MTU = 1500;

    /** passt takes no longer frames. */
    private static final int LONGEST = 65535;

    private final Executor host;
    private final Executor workers;
    private final Consumer<String> log;
    private final Map<MacAddress, Station> stations = new HashMap<>();
    private final Map<MacAddress, Integer> mtus = new HashMap<>();
    private final NeighbourDiscovery discovery = new NeighbourDiscovery();

    private record Station(int hostNumber, PasstLine line) {}

    /**
     * The port, without any passt yet: a guest's is started when it first wants to go out.
     *
     * @param host runs what came in on the host's thread
     * @param workers runs what blocks
     * @param log is told of passts that ended
     */
    public PasstPort(String name, Executor host, Executor workers, Consumer<String> log) {
        super(name);
        this.host = host;
        this.workers = workers;
        this.log = log;
    }

    /** Whether passt is installed. */
    public static boolean available() {
        return PasstProcess.program().isPresent();
    }

    @Override
    public String describe() {
        return "passt, " + NETWORK + ", router " + GATEWAY;
    }

    @Override
    public boolean carrier() {
        return true;
    }

    /**
     * Starts a passt for the guest with the address {@code mac}, whose ports {@code forwards} name.
     * Waits until it runs.
     *
     * @throws ToolException if it cannot run, such as where a port is in use
     */
    public void open(MacAddress mac, List<Forward> forwards)
            throws ToolException, InterruptedException {
        leave(mac);
        Station station = add(mac, forwards);
        try {
            station.line.awaitStart();
        } catch (ToolException e) {
            leave(mac);
            throw e;
        }
    }

    /** As {@link #open}, but does not wait: what goes wrong is told to the log. */
    public void begin(MacAddress mac, List<Forward> forwards) throws ToolException {
        leave(mac);
        add(mac, forwards);
    }

    /**
     * Sets what DHCP tells the guest with the address {@code mac}: payload of a frame, in bytes.
     */
    public void mtu(MacAddress mac, int mtu) {
        mtus.put(mac, mtu);
    }

    /** Ends the passt of the guest with the address {@code mac}, which is gone. */
    public void leave(MacAddress mac) {
        discovery.leave(mac);
        Station station = stations.remove(mac);
        if (station != null) {
            station.line.close();
        }
    }

    private Station add(MacAddress mac, List<Forward> forwards) throws ToolException {
        int number = FIRST_GUEST;
        while (isTaken(number)) {
            number++;
        }
        if (number > LAST_GUEST) {
            throw new ToolException(
                    "No address of " + NETWORK + " is left for the guest with " + mac + ".");
        }
        PasstLine line =
                new PasstLine(
                        options(mac, number, forwards), host, workers, f -> deliver(mac, f), log);
        Station station = new Station(number, line);
        stations.put(mac, station);
        line.begin();
        return station;
    }

    private boolean isTaken(int number) {
        return stations.values().stream().anyMatch(s -> s.hostNumber == number);
    }

    private List<String> options(MacAddress mac, int number, List<Forward> forwards) {
        List<String> options = new ArrayList<>();
        options.addAll(List.of("--address", "10.0.2." + number));
        options.addAll(List.of("--netmask", "24", "--gateway", GATEWAY));
        options.addAll(List.of("--mac-addr", MacAddress.DOMAIN_0.toString()));
        options.addAll(List.of("--mtu", Integer.toString(mtus.getOrDefault(mac, USUAL_MTU))));
        for (Forward forward : forwards) {
            options.add(forward.udp() ? "--udp-ports" : "--tcp-ports");
            options.add(forward.forPasst());
        }
        return options;
    }

    /** What passt sends is for its guest, also where it does not know the guest's address yet. */
    private void deliver(MacAddress mac, Frame frame) {
        byte[] bytes = frame.bytes();
        mac.put(bytes, 0);
        discovery.learn(frame);
        receive(new Frame(bytes, frame.offload()));
    }

    /**
     * Of what the bridge floods, only what is meant for the way out: passt would answer ARP and
     * neighbour solicitations for each address, those of other guests too.
     */
    @Override
    protected boolean wants(Frame frame) {
        MacAddress destination = frame.destination();
        if (destination.equals(MacAddress.DOMAIN_0)) {
            return true;
        }
        if (!destination.equals(MacAddress.BROADCAST)) {
            return destination.group() && discovery.isForOutside(frame);
        }
        byte[] f = frame.bytes();
        return switch (frame.type()) {
            case ARP -> f.length >= ARP_TARGET + 4 && Bits.u32(f, ARP_TARGET) == NET + GATEWAY_HOST;
            case IPV4 ->
                    Headers.of(f)
                            .filter(h -> h.protocol() == Headers.UDP)
                            .filter(h -> Bits.u16(f, h.transport() + 2) == DHCP_SERVER)
                            .isPresent();
            default -> false;
        };
    }

    @Override
    protected boolean transmit(Frame frame) {
        MacAddress source = frame.source();
        Station station = stations.get(source);
        if (station == null) {
            try {
                station = add(source, List.of());
            } catch (ToolException e) {
                log.accept(String.valueOf(e.getMessage()));
                return false;
            }
        }
        boolean sent = true;
        List<Frame> frames =
                frame.length() <= LONGEST ? Completion.uncut(frame) : Completion.of(frame);
        for (Frame f : frames) {
            sent &= station.line.send(f);
        }
        return sent && !frames.isEmpty();
    }

    @Override
    protected void closeLink() {
        stations.values().forEach(s -> s.line.close());
        stations.clear();
    }
}
