package xenolith.toolstack.socket;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.eclipse.jetty.server.Request;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.frames.FramePicture;
import xenolith.toolstack.frames.FrameText;
import xenolith.toolstack.net.NetworkTable;
import xenolith.toolstack.netback.VifKind;
import xenolith.toolstack.xl.Host;

/** Requests about the host itself: /v1/host. */
final class HostCalls {
    private final Host host;
    private final Runnable stop;

    HostCalls(Host host, Runnable stop) {
        this.host = host;
        this.stop = stop;
    }

    Answer answer(Call call) throws ToolException, ControlException {
        return switch (call.pattern(-1)) {
            case "GET v1/host" -> Answer.ok(info());
            case "DELETE v1/host" -> {
                // Whoever asked is told so before the socket goes.
                Request.addCompletionListener(call.request(), failure -> stop.run());
                yield Answer.done();
            }
            case "GET v1/host/messages" -> Answer.ok(Map.of("lines", host.messages()));
            case "DELETE v1/host/messages" -> {
                host.clearMessages();
                yield Answer.done();
            }
            case "POST v1/host/debug-keys" -> debugKeys(Call.text(call.json(), "keys"));
            case "GET v1/host/audit" -> Answer.ok(Map.of("differences", host.audit()));
            case "GET v1/host/frames" ->
                    call.flag("html")
                            ? new Answer.Text(
                                    "text/html; charset=utf-8",
                                    FramePicture.html(host.frames(), "The frames of the host"))
                            : new Answer.Text(
                                    "text/plain; charset=utf-8", FrameText.table(host.frames()));
            case "GET v1/host/frames/summary" ->
                    new Answer.Text("text/plain; charset=utf-8", FrameText.summary(host.frames()));
            case "POST v1/host/xenstore" -> {
                Path file = Path.of(Call.text(call.json(), "path"));
                host.call(() -> {
                    host.store().save(file);
                    return true;
                });
                yield Answer.done();
            }
            case "GET v1/host/network" -> network(call.flag("text"));
            default -> Answer.error(404, "The host has no such resource.");
        };
    }

    private Answer debugKeys(String keys) throws ToolException, ControlException {
        for (int i = 0; i < keys.length(); i++) {
            char key = keys.charAt(i);
            if (!host.debugKey(key)) {
                throw new ControlException(
                        "There is no debug key '" + key + "'; the key h lists those there are.");
            }
        }
        return Answer.done();
    }

    /** The bridges and their ports, as a document or as a table for people. */
    private Answer network(boolean text) throws ToolException, ControlException {
        List<NetworkTable.Row> rows = new ArrayList<>();
        for (DeviceKind kind : host.kinds()) {
            if (kind instanceof VifKind vifs) {
                rows.addAll(host.call(() -> NetworkTable.rows(vifs.network())));
            }
        }
        return text
                ? new Answer.Text("text/plain; charset=utf-8", NetworkTable.text(rows))
                : Answer.ok(Map.of("ports", rows.stream().map(NetworkTable::document).toList()));
    }

    private Map<String, Object> info() throws ToolException, ControlException {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("nr_cpus", 1);
        m.put("total_memory", host.totalMib());
        m.put("free_memory", host.freeMib());
        m.put("engine", host.settings().engine().toString());
        m.put("time", host.settings().counted() ? "virtual" : "host");
        m.put("seed", host.settings().seed());
        m.put("uptime_seconds", (System.nanoTime() - host.startNanos()) / 1_000_000_000L);
        m.put("domains", host.domains().size());
        m.put("pid", ProcessHandle.current().pid());
        m.put("java", Runtime.version().toString());
        m.put("hw_caps", capabilities());
        m.put("cpu_seconds", cpuSeconds());
        m.put("domain0_cpu_seconds", Math.max(0, cpuSeconds() - host.guestNanos() / 1e9));
        return m;
    }

    private String capabilities() {
        return Arrays.stream(host.features())
                .mapToObj(word -> HexFormat.of().toHexDigits(word))
                .collect(Collectors.joining(":"));
    }

    /** Processor time of this whole process. */
    private static double cpuSeconds() {
        return ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .map(d -> d.toMillis() / 1000.0)
                .orElse(0.0);
    }
}
