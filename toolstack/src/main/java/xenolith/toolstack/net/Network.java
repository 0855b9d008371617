package xenolith.toolstack.net;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import xenolith.toolstack.ToolException;

/**
 * The bridges of a host and the addresses of its guests' cards. Addresses are for any thread; all
 * else is for the host's.
 */
public final class Network implements AutoCloseable {
    /** Name of the bridge that a host has where nothing else is said. */
    public static final String DEFAULT_BRIDGE = "xenbr0";

    private static final int MOST_TRIES = 1000;

    /**
     * A bridge to be.
     *
     * @param name such as xenbr0
     */
    public record Plan(String name, WayOut wayOut) {}

    private final Map<String, Bridge> bridges = new LinkedHashMap<>();
    private final Map<String, WayOut> waysOut = new HashMap<>();
    private final Map<MacAddress, String> cards = new HashMap<>();

    /** Devices of bridges that have not started. */
    private final Map<String, TapDevice> taps = new HashMap<>();

    private final RandomGenerator random;
    private final Consumer<String> log;
    private final boolean antispoof;
    private final Map<String, Path> captures = new ConcurrentHashMap<>();
    private Executor workers = Runnable::run;
    private boolean started;
    private int uplinks;

    /**
     * A network whose links are not up yet.
     *
     * @param plans its bridges, the first being that of cards which name none
     * @param random chooses addresses of cards
     * @param antispoof whether a guest may send by its card's own address only
     * @param log is told what a user may want to know, one sentence each; from any thread
     * @throws ToolException if passt is wanted and not installed, or a TAP device cannot be had
     */
    public Network(
            List<Plan> plans, RandomGenerator random, boolean antispoof, Consumer<String> log)
            throws ToolException {
        this.random = random;
        this.antispoof = antispoof;
        this.log = log;
        for (Plan plan : plans) {
            if (plan.wayOut() instanceof WayOut.Passt(boolean ifInstalled)
                    && !ifInstalled
                    && !PasstPort.available()) {
                throw new ToolException(PasstProcess.MISSING);
            }
            if (bridges.put(plan.name(), new Bridge(plan.name(), System::nanoTime)) != null) {
                throw new ToolException("There are two bridges " + plan.name() + ".");
            }
            waysOut.put(plan.name(), plan.wayOut());
        }
        openTaps(plans);
    }

    /** At once, so that a user who may not is told before there is a host. */
    private void openTaps(List<Plan> plans) throws ToolException {
        try {
            for (int i = 0; i < plans.size(); i++) {
                if (plans.get(i).wayOut() instanceof WayOut.Tap(String name)) {
                    String device = name.isEmpty() ? "peth" + i : name;
                    taps.put(plans.get(i).name(), TapDevice.open(device));
                }
            }
        } catch (ToolException e) {
            taps.values().forEach(TapDevice::close);
            throw e;
        }
    }

    /** A network of one bridge, xenbr0, whose way out is passt where it is installed. */
    public static List<Plan> usual() {
        return List.of(new Plan(DEFAULT_BRIDGE, new WayOut.Passt(true)));
    }

    /**
     * Brings the links up, once; further calls do nothing.
     *
     * @param host runs a task on the host's thread soon
     * @param newWorkers runs what may wait
     */
    public void start(Executor host, Executor newWorkers) throws ToolException {
        if (started) {
            return;
        }
        started = true;
        workers = newWorkers;
        for (Bridge bridge : bridges.values()) {
            VethPort veth = new VethPort(uplinks);
            add(bridge, veth);
            String name = "peth" + uplinks++;
            switch (waysOut.getOrDefault(bridge.name(), new WayOut.None())) {
                case WayOut.None none -> {}
                case WayOut.Passt passt -> {
                    if (PasstPort.available()) {
                        add(bridge, new PasstPort(name, host, workers, log));
                    }
                }
                case WayOut.Udp udp ->
                        add(bridge, UdpPort.open(name, udp.local(), udp.remote(), host, workers));
                case WayOut.Tap tap -> {
                    TapDevice device = taps.remove(bridge.name());
                    if (device != null) {
                        add(bridge, TapPort.of(name, device, host, workers));
                    }
                }
            }
        }
    }

    /**
     * Writes what passes the port {@code name} (veth0: vif0.0's other end) to {@code file} as soon
     * as there is such a port. Before any link is up, or on the host's thread.
     */
    public void capture(String name, Path file) {
        captures.put(name, file);
    }

    /** Takes {@code port} into {@code bridge}. */
    public void add(Bridge bridge, Port port) throws ToolException {
        String end = port instanceof VethPort veth ? veth.endName() : port.name();
        Path file = captures.getOrDefault(port.name(), captures.get(end));
        if (file != null) {
            port.capture(Capture.to(file, Instant::now, workers));
        }
        bridge.add(port);
    }

    /** Whether a guest may send by its card's own address only. */
    public boolean antispoof() {
        return antispoof;
    }

    /** All bridges. */
    public List<Bridge> bridges() {
        return List.copyOf(bridges.values());
    }

    /** Names of the bridges; from any thread. */
    public List<String> names() {
        return List.copyOf(bridges.keySet());
    }

    /** The bridge of that name; from any thread. */
    public Optional<Bridge> bridge(String name) {
        return Optional.ofNullable(bridges.get(name));
    }

    /** The port of that name, or of its other end (veth0), on whichever bridge. */
    public Optional<Port> port(String name) {
        for (Bridge bridge : bridges.values()) {
            for (Port port : bridge.ports()) {
                boolean end = port instanceof VethPort veth && veth.endName().equals(name);
                if (end || port.name().equals(name)) {
                    return Optional.of(port);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Takes {@code mac}, or if it is empty one that nobody has, for a card of {@code whose}, such
     * as "domain web". From any thread.
     *
     * @throws ToolException if another card has it
     */
    public MacAddress reserve(Optional<MacAddress> mac, String whose) throws ToolException {
        synchronized (cards) {
            if (mac.isPresent()) {
                String other = cards.putIfAbsent(mac.get(), whose);
                if (other != null) {
                    throw new ToolException(
                            "The address "
                                    + mac.get()
                                    + " is that of a card of "
                                    + other
                                    + " already; give each card its own, or leave mac out.");
                }
                return mac.get();
            }
            for (int i = 0; i < MOST_TRIES; i++) {
                MacAddress chosen = MacAddress.random(random);
                if (cards.putIfAbsent(chosen, whose) == null) {
                    return chosen;
                }
            }
            throw new ToolException("No Ethernet address is left for a card.");
        }
    }

    /** Gives {@code mac} back. From any thread. */
    public void release(MacAddress mac) {
        synchronized (cards) {
            cards.remove(mac);
        }
    }

    /** Takes all links down. */
    @Override
    public void close() {
        for (Bridge bridge : bridges.values()) {
            new ArrayList<>(bridge.ports()).forEach(Port::close);
        }
        taps.values().forEach(TapDevice::close);
    }
}
