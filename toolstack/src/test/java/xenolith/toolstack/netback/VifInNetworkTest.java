package xenolith.toolstack.netback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import xenolith.toolstack.FakeDomain;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.MacAddress;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.NetworkTable;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.xenbus.Backend;
import xenolith.toolstack.xenstore.Store;

/** Cards in a host's network: what is refused, what the store says of them. */
class VifInNetworkTest {
    private final Store store = new Store();
    private final FakeDomain domain = new FakeDomain();
    private final List<String> log = new ArrayList<>();

    private static Network network(String... bridges) throws ToolException {
        List<Network.Plan> plans = new ArrayList<>();
        for (String name : bridges) {
            plans.add(new Network.Plan(name, new WayOut.None()));
        }
        return new Network(plans, new Random(5), true, line -> {});
    }

    private static VifSpec spec(String words) throws ToolException {
        return VifSpec.parse(new Value.Text(new Position("x.cfg", 1, 1), words));
    }

    private Backend attach(Vif vif) throws ToolException {
        return vif.attach(
                domain,
                store,
                Runnable::run,
                Runnable::run,
                (Duration t, Runnable r) -> {},
                log::add);
    }

    @Test
    void theStoreHasWhatXlWrites() throws Exception {
        Network network = network("xenbr0", "xenbr1");
        Vif vif =
                Vif.reserve(network, spec("bridge=xenbr1,rate=1MB/s,ip=10.0.0.1"), 2, "domain web");
        Backend backend = attach(vif);
        String back = "/local/domain/0/backend/vif/1/2/";
        assertThat(store.read(back + "bridge")).isEqualTo("xenbr1");
        assertThat(store.read(back + "rate")).isEqualTo("50000,50000");
        assertThat(store.read(back + "ip")).isEqualTo("10.0.0.1");
        assertThat(store.read(back + "hotplug-status")).isEqualTo("connected");
        assertThat(store.read(back + "state")).isEqualTo("2");
        assertThat(store.read(back + "feature-rx-copy")).isEqualTo("1");
        assertThat(store.read("/local/domain/1/device/vif/2/mac"))
                .isEqualTo(vif.mac().toString())
                .startsWith("00:16:3e:");
        assertThat(NetworkTable.text(NetworkTable.rows(network)))
                .contains("xenbr0     vif0.0", "xenbr1     vif1.2", "down");
        assertThatThrownBy(() -> attach(vif)).hasMessageContaining("vif1.2");
        backend.remove();
        assertThat(NetworkTable.rows(network)).hasSize(2);
        assertThat(store.read(back + "state")).isNull();
    }

    @Test
    void whatCannotBeIsRefused() throws Exception {
        Network network = network("xenbr0");
        Vif first = Vif.reserve(network, spec("mac=00:16:3e:11:22:33"), 0, "domain web");
        assertThatThrownBy(
                        () -> Vif.reserve(network, spec("mac=00:16:3E:11:22:33"), 0, "domain db"))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("00:16:3e:11:22:33")
                .hasMessageContaining("domain web");
        first.close();
        Vif.reserve(network, spec("mac=00:16:3e:11:22:33"), 0, "domain db").close();
        assertThatThrownBy(() -> Vif.reserve(network, spec("bridge=br7"), 0, "domain db"))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("br7")
                .hasMessageContaining("xenbr0");
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
            assertThatThrownBy(() ->
                            Vif.reserve(
                                    network,
                                    spec("forward=" + free.getLocalPort() + ":22"),
                                    0,
                                    "x"))
                    .isInstanceOf(ToolException.class)
                    .hasMessageContaining("Port " + port);
        }
        Vif forwarding = Vif.reserve(network, spec("forward=" + port + ":22"), 0, "domain db");
        assertThatThrownBy(() -> attach(forwarding)).hasMessageContaining("no way out");
        assertThat(network.reserve(Optional.empty(), "x"))
                .isNotEqualTo(network.reserve(Optional.empty(), "x"));
    }

    @Test
    void addressesRepeatWithTheSeed() throws Exception {
        MacAddress one = network("a").reserve(Optional.empty(), "x");
        assertThat(network("a").reserve(Optional.empty(), "x")).isEqualTo(one);
    }
}
