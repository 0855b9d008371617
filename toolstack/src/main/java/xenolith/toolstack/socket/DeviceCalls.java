package xenolith.toolstack.socket;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.text.DeviceTables;
import xenolith.toolstack.xenbus.XenbusState;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;

/** Requests about a domain's devices: /v1/domains/NAME/devices/TYPE. */
final class DeviceCalls {
    /** How long a front end may take to let go; the back end of disks waits 10 s. */
    private static final int SECONDS = 15;

    private final Host host;

    DeviceCalls(Host host) {
        this.host = host;
    }

    Answer answer(Call call, GuestDomain domain)
            throws ToolException, ControlException, InterruptedException {
        String type = call.path().get(4);
        List<DomainDevice> own =
                domain.devices().stream().filter(d -> d.type().equals(type)).toList();
        return switch (call.method()) {
            case "GET" -> {
                if (call.flag("table")) {
                    yield new Answer.Text("text/plain; charset=utf-8", table(type, domain));
                }
                List<Object> all = new ArrayList<>();
                for (DomainDevice d : own) {
                    all.add(host.call(() -> row(d, domain.domid())));
                }
                yield Answer.ok(Map.of("devices", all));
            }
            case "POST" -> {
                attach(call.json(), type, domain, own);
                yield Answer.done();
            }
            case "DELETE" -> detach(call, domain, own);
            default -> Answer.error(405, "GET, POST and DELETE only.");
        };
    }

    /**
     * Attaches what "config" describes, where paths are relative to the client's "folder". Messages
     * do not tell the place in that one line.
     */
    private void attach(
            Map<String, Object> json, String type, GuestDomain domain, List<DomainDevice> own)
            throws ToolException, ControlException {
        Path folder = Path.of(json.get("folder") instanceof String s ? s : "");
        Position at = new Position(folder.resolve(type + "-attach").toString(), 1, 1);
        DomainDevice device;
        try {
            device = kind(type).open(new Value.Text(at, Call.text(json, "config")), own);
        } catch (ToolException e) {
            String message = String.valueOf(e.getMessage());
            throw new ToolException(
                    message.replaceFirst("^" + Pattern.quote(at.file()) + ":\\d+:\\d+: ", ""), e);
        }
        boolean attached = false;
        try {
            domain.attach(device);
            attached = true;
        } finally {
            if (!attached) {
                device.close();
            }
        }
    }

    private String table(String type, GuestDomain domain) throws ToolException, ControlException {
        List<Integer> domids = List.of(domain.domid());
        return host.call(() ->
                type.equals("vbd")
                        ? DeviceTables.blocks(host.store(), domids)
                        : DeviceTables.networks(host.store(), domids));
    }

    private DeviceKind kind(String type) throws ToolException {
        return host.kinds().stream()
                .filter(k -> k.type().equals(type))
                .findFirst()
                .orElseThrow(
                        () -> new ToolException("This host has no devices of type " + type + "."));
    }

    private Answer detach(Call call, GuestDomain domain, List<DomainDevice> own)
            throws ToolException, ControlException, InterruptedException {
        String which = call.path().size() > 5 ? call.path().get(5) : "";
        for (DomainDevice d : own) {
            boolean named =
                    Integer.toString(d.devid()).equals(which)
                            || which.equals(d.describe().get("vdev"))
                            || which.equalsIgnoreCase(String.valueOf(d.describe().get("mac")));
            if (named) {
                try {
                    domain.detach(d, call.flag("force")).get(SECONDS, TimeUnit.SECONDS);
                    return Answer.done();
                } catch (TimeoutException e) {
                    throw new ControlException(
                            "The guest does not let go of device "
                                    + which
                                    + " (its front end is in state "
                                    + host.call(() -> state(d, domain))
                                    + "); --force takes it away.");
                } catch (java.util.concurrent.ExecutionException e) {
                    throw new IllegalStateException(e);
                }
            }
        }
        return Answer.error(404, "Domain " + domain.name() + " has no device " + which + ".");
    }

    /** The state of the front end, as a word. On the host's thread. */
    private XenbusState state(DomainDevice d, GuestDomain domain) {
        return XenbusState.of(host.store().read(frontend(d, domain.domid()) + "state"));
    }

    private static String frontend(DomainDevice d, int domid) {
        return "/local/domain/" + domid + "/device/" + d.type() + "/" + d.devid() + "/";
    }

    /** As configured, and what the store says of its two ends. On the host's thread. */
    private Map<String, Object> row(DomainDevice d, int domid) {
        Map<String, Object> m = new java.util.LinkedHashMap<>(d.describe());
        m.put("type", d.type());
        m.put("devid", d.devid());
        String front = frontend(d, domid);
        Store store = host.store();
        m.put("be-path", "/local/domain/0/backend/" + d.type() + "/" + domid + "/" + d.devid());
        for (String key :
                new String[] {
                    "handle", "state", "event-channel", "ring-ref", "tx-ring-ref", "rx-ring-ref"
                }) {
            String value = store.read(front + key);
            if (value != null) {
                m.put(key, value);
            }
        }
        return m;
    }
}
