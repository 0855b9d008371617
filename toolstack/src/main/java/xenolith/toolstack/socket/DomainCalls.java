package xenolith.toolstack.socket;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.DomainDump;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;

/** Requests about domains: /v1/domains. */
final class DomainCalls {
    private final Host host;
    private final Creation creation;
    private final DeviceCalls devices;

    DomainCalls(Host host, BootLoader bootLoader) {
        this.host = host;
        this.creation = new Creation(host, bootLoader);
        this.devices = new DeviceCalls(host);
    }

    Answer answer(Call call)
            throws ToolException, ControlException, InterruptedException, IOException {
        if (call.path().size() == 2) {
            return switch (call.method()) {
                case "GET" -> Answer.ok(Map.of("domains", list()));
                case "POST" -> Answer.ok(creation.create(call.json()));
                default -> Answer.error(405, "GET and POST only.");
            };
        }
        String name = call.path().get(2);
        GuestDomain domain = host.domain(name).orElse(null);
        if (domain == null) {
            return Answer.error(
                    404, "There is no domain " + name + "; 'xenolith list' shows those there are.");
        }
        if (call.path().size() >= 5 && call.path().get(3).equals("devices")) {
            return devices.answer(call, domain);
        }
        return about(domain, call);
    }

    /** All at one moment: none goes away between a look at its number and its report. */
    private List<Object> list() throws ToolException, ControlException {
        return host.call(() -> {
            List<Object> all = new ArrayList<>();
            for (GuestDomain d : host.domains()) {
                if (d.domid() >= 0) {
                    all.add(DomainDocument.of(d.report()));
                }
            }
            return all;
        });
    }

    private Answer about(GuestDomain d, Call call)
            throws ToolException, ControlException, InterruptedException, IOException {
        switch (call.pattern(2)) {
            case "GET v1/domains/*" -> {
                return Answer.ok(DomainDocument.of(d.report()));
            }
            case "DELETE v1/domains/*" -> d.destroy();
            case "POST v1/domains/*/pause" -> d.pause();
            case "POST v1/domains/*/unpause" -> d.unpause();
            case "POST v1/domains/*/shutdown" -> d.shutdown();
            case "POST v1/domains/*/reboot" -> d.reboot();
            case "POST v1/domains/*/name" -> host.rename(d, Call.text(call.json(), "name"));
            case "POST v1/domains/*/memory" ->
                    d.adjustments().memory(Call.number(call.json(), "mib", 1, 1L << 24));
            case "POST v1/domains/*/max-memory" ->
                    d.adjustments().maxMemory(Call.number(call.json(), "mib", 1, 1L << 24));
            case "POST v1/domains/*/vcpus" ->
                    d.adjustments()
                            .vcpus((int) Call.number(call.json(), "count", 0, Integer.MAX_VALUE));
            case "POST v1/domains/*/sysrq" ->
                    d.adjustments().sysrq((char) Call.number(call.json(), "key", 1, 126));
            case "POST v1/domains/*/trigger" -> trigger(d, call.json());
            case "POST v1/domains/*/config" -> {
                return Answer.ok(creation.update(d, call.json()));
            }
            case "POST v1/domains/*/core" ->
                    DomainDump.write(host, d, Path.of(Call.text(call.json(), "path")));
            case "POST v1/domains/*/console" -> type(d, call.bytes());
            case "GET v1/domains/*/console" -> {
                return new Answer.Follow(d.console(), !call.flag("new"));
            }
            case "GET v1/domains/*/end" -> {
                return Answer.ok(Creation.end(d));
            }
            default -> {
                return Answer.error(404, "A domain has no such resource.");
            }
        }
        return Answer.done();
    }

    private static void type(GuestDomain d, InputStream bytes)
            throws IOException, InterruptedException {
        byte[] buffer = new byte[4096];
        for (int n; (n = bytes.read(buffer)) >= 0; ) {
            d.console().type(Arrays.copyOf(buffer, n));
        }
    }

    /** For PV guests Xen knows the NMI only; libxl names the others. */
    private static void trigger(GuestDomain d, Map<String, Object> json)
            throws ToolException, ControlException {
        String kind = Call.text(json, "trigger");
        int vcpu = (int) Call.number(json, "vcpu", 0, Integer.MAX_VALUE);
        switch (kind) {
            case "nmi" -> d.adjustments().nmi(vcpu);
            case "reset", "init", "power", "sleep", "s3resume" ->
                    throw new ControlException(
                            "The trigger "
                                    + kind
                                    + " is for HVM guests, which come in a later version; "
                                    + d.name()
                                    + " is a PV guest: use 'shutdown' or 'reboot'.");
            default ->
                    throw new ControlException(
                            "There is no trigger "
                                    + kind
                                    + "; there are nmi, reset, init, power, sleep and s3resume.");
        }
    }
}
