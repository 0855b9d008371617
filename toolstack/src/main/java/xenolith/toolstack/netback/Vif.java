package xenolith.toolstack.netback;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.device.Traffic;
import xenolith.toolstack.net.Bridge;
import xenolith.toolstack.net.Forward;
import xenolith.toolstack.net.Guard;
import xenolith.toolstack.net.MacAddress;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.PasstPort;
import xenolith.toolstack.xenbus.Backend;
import xenolith.toolstack.xenbus.DeviceAddress;
import xenolith.toolstack.xenbus.DeviceNodes;
import xenolith.toolstack.xenstore.Store;

/** A network card of a domain, from its configuration to the domain's end, through reboots. */
public final class Vif implements AutoCloseable {
    private static final int MOST_DEVID = 255;

    private final Network network;
    private final VifSpec spec;
    private final Bridge bridge;
    private final MacAddress mac;
    private final int devid;
    private @Nullable VifPort attached;

    private Vif(Network network, VifSpec spec, Bridge bridge, MacAddress mac, int devid) {
        this.network = network;
        this.spec = spec;
        this.bridge = bridge;
        this.mac = mac;
        this.devid = devid;
    }

    /**
     * Takes what the card needs: its address, and the right to a bridge. From any thread.
     *
     * @param devid its number among the domain's cards
     * @param whose "domain web", say, for messages
     * @throws ToolException if another card has the address, there is no such bridge, or a port
     *     that shall lead to the guest is in use
     */
    public static Vif reserve(Network network, VifSpec spec, int devid, String whose)
            throws ToolException {
        if (devid < 0 || devid > MOST_DEVID) {
            throw new ToolException("A domain has at most " + (MOST_DEVID + 1) + " vifs.");
        }
        List<String> names = network.names();
        String name = spec.bridge().orElse(names.isEmpty() ? "" : names.getFirst());
        Optional<Bridge> bridge = network.bridge(name);
        if (bridge.isEmpty()) {
            throw new ToolException(
                    "There is no bridge \""
                            + name
                            + "\" for vif "
                            + devid
                            + " of "
                            + whose
                            + "; this host has "
                            + (names.isEmpty() ? "none" : String.join(", ", names))
                            + ".");
        }
        for (Forward forward : spec.forwards()) {
            forward.checkFree();
        }
        MacAddress mac = network.reserve(spec.mac(), whose);
        return new Vif(network, spec, bridge.get(), mac, devid);
    }

    /** The card's number among those of its domain. */
    public int devid() {
        return devid;
    }

    /** The card's address. */
    public MacAddress mac() {
        return mac;
    }

    /** What passed the card since the domain's present life began. */
    Traffic traffic() {
        VifPort port = attached;
        return port == null
                ? new Traffic.OfCard(0, 0)
                : new Traffic.OfCard(port.counters().rxBytes(), port.counters().txBytes());
    }

    /** The card as xl's JSON has it. */
    public Map<String, Object> describe() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("devid", devid);
        all.put("mac", mac.toString());
        all.put("bridge", bridge.name());
        if (!spec.ip().isEmpty()) {
            all.put("ip", spec.ip());
        }
        spec.vifname().ifPresent(n -> all.put("ifname", n));
        all.put("nictype", "vif");
        if (spec.rate().limited()) {
            all.put("rate_bytes_per_interval", spec.rate().bytes());
            all.put("rate_interval_usecs", spec.rate().micros());
        }
        return all;
    }

    /**
     * Makes the card visible to {@code domain}. On the host's thread.
     *
     * @param host runs a task on the host's thread soon
     * @param workers runs what may wait
     * @param alarms runs a task on the host's thread after a time
     * @param log is told what a user may want to know, one sentence each
     */
    public Backend attach(
            DomainControl domain,
            Store store,
            Executor host,
            Executor workers,
            BiConsumer<Duration, Runnable> alarms,
            Consumer<String> log)
            throws ToolException {
        network.start(host, workers);
        String name = spec.vifname().orElse("vif" + domain.domid() + "." + devid);
        if (network.port(name).isPresent()) {
            throw new ToolException("There is an interface " + name + " already.");
        }
        passts().forEach(p -> p.mtu(mac, spec.mtu()));
        forward(name);
        VifPort port = new VifPort(name, domain, mac, spec.rate(), host, alarms, log);
        port.guard(
                new Guard(network.antispoof() ? Optional.of(mac) : Optional.empty(), spec.ipv4()));
        network.add(bridge, port);
        attached = port;
        DeviceAddress address = new DeviceAddress("vif", domain.domid(), devid);
        nodes(address).write(store);
        Backend backend = new Backend(store, address, port, log);
        store.write(
                address.frontend() + "/mtu",
                Integer.toString(spec.mtu()),
                "n0",
                "r" + domain.domid());
        return backend;
    }

    private void forward(String name) throws ToolException {
        if (spec.forwards().isEmpty()) {
            return;
        }
        List<PasstPort> passts = passts();
        if (passts.isEmpty()) {
            throw new ToolException(
                    "No port can be forwarded to "
                            + name
                            + ": "
                            + bridge.name()
                            + " has no way out by passt (a package of its own: apt-get install passt).");
        }
        passts.getFirst().begin(mac, spec.forwards());
    }

    private List<PasstPort> passts() {
        return bridge.ports().stream()
                .filter(PasstPort.class::isInstance)
                .map(PasstPort.class::cast)
                .toList();
    }

    private DeviceNodes nodes(DeviceAddress address) {
        DeviceNodes nodes =
                new DeviceNodes(address).backendState().backend("script", spec.script());
        spec.vifname().ifPresent(n -> nodes.backend("vifname", n));
        nodes.backend("mac", mac.toString());
        if (!spec.ip().isEmpty()) {
            nodes.backend("ip", spec.ip());
        }
        if (spec.rate().limited()) {
            nodes.backend("rate", spec.rate().node());
        }
        return nodes.backend("bridge", bridge.name())
                .backend("handle", Integer.toString(devid))
                .backend("type", "vif")
                .backend("hotplug-status", "")
                .frontend("handle", Integer.toString(devid))
                .frontend("mac", mac.toString())
                .frontend("trusted", spec.trusted() ? "1" : "0");
    }

    /** The domain is gone for good: gives the address back. On the host's thread. */
    @Override
    public void close() {
        passts().forEach(p -> p.leave(mac));
        network.release(mac);
    }
}
