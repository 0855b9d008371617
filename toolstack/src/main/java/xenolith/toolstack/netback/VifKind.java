package xenolith.toolstack.netback;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.device.Traffic;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.xenbus.Backend;
import xenolith.toolstack.xenbus.SlowFrontend;

/** Network cards as devices of a host: xl.cfg's list {@code vif}, network-attach and -detach. */
public final class VifKind implements DeviceKind {
    private final Network network;
    private final Consumer<String> log;

    /**
     * The cards of a host.
     *
     * @param network the host's bridges, which end with it
     * @param log is told what a user may want to know, one sentence each; from any thread
     */
    public VifKind(Network network, Consumer<String> log) {
        this.network = network;
        this.log = log;
    }

    /** The host's bridges. */
    public Network network() {
        return network;
    }

    @Override
    public String type() {
        return "vif";
    }

    @Override
    public List<DomainDevice> open(DomainSpec spec) throws ToolException {
        List<DomainDevice> cards = new ArrayList<>();
        try {
            for (Value.Text words : spec.vifs()) {
                cards.add(card(VifSpec.parse(words), cards.size(), "domain " + spec.name()));
            }
        } catch (ToolException e) {
            cards.forEach(DomainDevice::close);
            throw e;
        }
        return cards;
    }

    @Override
    public DomainDevice open(Value.Text words, List<DomainDevice> taken) throws ToolException {
        int devid = 0;
        while (isTaken(devid, taken)) {
            devid++;
        }
        return card(VifSpec.parse(words), devid, "a running domain");
    }

    private static boolean isTaken(int devid, List<DomainDevice> taken) {
        return taken.stream().anyMatch(d -> d.devid() == devid);
    }

    private DomainDevice card(VifSpec spec, int devid, String whose) throws ToolException {
        return new Card(Vif.reserve(network, spec, devid, whose), log);
    }

    @Override
    public void close() {
        network.close();
    }

    private record Card(Vif vif, Consumer<String> log) implements DomainDevice {
        @Override
        public String type() {
            return "vif";
        }

        @Override
        public int devid() {
            return vif.devid();
        }

        @Override
        public Map<String, Object> describe() {
            return vif.describe();
        }

        @Override
        public Traffic traffic() {
            return vif.traffic();
        }

        @Override
        public Attachment attach(DomainSite site) throws ToolException {
            Backend backend =
                    vif.attach(
                            site.domain(),
                            site.store(),
                            site.domain()::post,
                            site.workers(),
                            site.alarms()::in,
                            line -> log.accept(site.name() + ": " + line));
            SlowFrontend.watch(backend, site, "xen-netfront", log);
            return new Connected(backend);
        }

        @Override
        public void close() {
            vif.close();
        }
    }

    private record Connected(Backend backend) implements DomainDevice.Attachment {
        @Override
        public void detach(boolean force, Runnable gone) {
            var _ = backend.gone().thenRun(gone);
            if (force) {
                backend.remove();
            } else {
                backend.unplug();
            }
        }

        @Override
        public void close() {
            backend.remove();
        }
    }
}
