package xenolith.toolstack.socket;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.ConfigFile;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.SpecReader;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.DomainDump;
import xenolith.toolstack.xl.DomainEnd;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;

/** Requests about domains: /v1/domains. */
final class DomainCalls {
    private final Host host;
    private final UnpackCache kernels;
    private final DeviceCalls devices;

    DomainCalls(Host host, UnpackCache kernels) {
        this.host = host;
        this.kernels = kernels;
        this.devices = new DeviceCalls(host);
    }

    Answer answer(Call call)
            throws ToolException, ControlException, InterruptedException, IOException {
        if (call.path().size() == 2) {
            return switch (call.method()) {
                case "GET" -> Answer.ok(Map.of("domains", list()));
                case "POST" -> create(call.json());
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

    private List<Object> list() throws ToolException, ControlException {
        List<Object> all = new ArrayList<>();
        for (GuestDomain d : host.domains()) {
            if (d.domid() >= 0) {
                all.add(DomainDocument.of(d.report()));
            }
        }
        return all;
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
                    d.setMemory(Call.number(call.json(), "mib", 1, 1L << 24));
            case "POST v1/domains/*/max-memory" ->
                    d.setMaxMemory(Call.number(call.json(), "mib", 1, 1L << 24));
            case "POST v1/domains/*/vcpus" ->
                    d.setVcpus((int) Call.number(call.json(), "count", 1, d.spec().maxVcpus()));
            case "POST v1/domains/*/sysrq" ->
                    d.sysrq((char) Call.number(call.json(), "key", 1, 126));
            case "POST v1/domains/*/core" ->
                    DomainDump.write(host, d, Path.of(Call.text(call.json(), "path")));
            case "POST v1/domains/*/console" -> type(d, call.bytes());
            case "GET v1/domains/*/console" -> {
                return new Answer.Follow(d.console(), !call.flag("new"));
            }
            case "GET v1/domains/*/end" -> {
                return Answer.ok(end(d));
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

    /** Waits for the end of the domain. */
    private static Map<String, Object> end(GuestDomain d) {
        Map<String, Object> m = new LinkedHashMap<>();
        try {
            DomainEnd end = d.end().join();
            m.put(
                    "reason",
                    end.reason()
                            .map(r -> r.name().toLowerCase(java.util.Locale.ROOT))
                            .orElse("destroyed"));
            end.report().ifPresent(r -> m.put("report", r));
        } catch (CompletionException e) {
            m.put("reason", "failed");
            m.put("report", String.valueOf(e.getCause()));
        }
        return m;
    }

    /**
     * Creates a domain of "config", the text of an xl.cfg whose name is "file"; "overrides" are
     * more settings, one a line; "paused", "dry" (read it, but create nothing), "wait" (answer when
     * it has ended, and how).
     */
    private Answer create(Map<String, Object> json) throws ToolException, ControlException {
        Path file = Path.of(json.get("file") instanceof String s ? s : "config");
        String text = Call.text(json, "config");
        if (json.get("overrides") instanceof String more) {
            text = text + "\n" + more;
        }
        ConfigFile config = ConfigFile.parse(file.toString(), text);
        SpecReader.Result read = SpecReader.of(config, file);
        DomainSpec spec =
                config.settings().containsKey("uuid")
                        ? read.spec()
                        : read.spec().with(b -> b.uuid = UUID.randomUUID());
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("warnings", new ArrayList<>(read.warnings()));
        if (Boolean.TRUE.equals(json.get("dry"))) {
            answer.put("config", DomainDocument.config(-1, spec, List.of()));
            return Answer.ok(answer);
        }
        BootFiles files = BootLoader.open(spec, kernels);
        boolean created = false;
        try {
            GuestDomain domain = host.create(spec, files, true);
            created = true;
            var _ = domain.end().whenComplete((end, failure) -> files.close());
            if (json.get("log") instanceof String log) {
                domain.console().log(Files.newOutputStream(Path.of(log)));
            }
            answer.put("name", domain.name());
            answer.put("domid", domain.domid());
            if (!Boolean.TRUE.equals(json.get("paused"))) {
                domain.unpause();
            }
            if (Boolean.TRUE.equals(json.get("wait"))) {
                answer.putAll(end(domain));
            }
            return Answer.ok(answer);
        } catch (IOException e) {
            throw new ToolException("The console log cannot be written: " + e.getMessage(), e);
        } finally {
            if (!created) {
                files.close();
            }
        }
    }
}
