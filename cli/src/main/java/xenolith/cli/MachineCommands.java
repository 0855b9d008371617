package xenolith.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.cli.Domain0.Row;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.text.InfoText;

/** The commands of xl about the host itself, and those that show what is inside. */
final class MachineCommands {
    private MachineCommands() {}

    @Command(name = "info", mixinStandardHelpOptions = true, description = "Tells of the host.")
    static final class Info extends XlCommand {
        @Option(
                names = {"-n", "--numa"},
                description = "Also the nodes of memory.")
        private boolean numa;

        @Override
        void run() throws ToolException {
            Row host = new Row(get("/v1/host"));
            if (json()) {
                print(host.json());
                return;
            }
            Map<String, String> entries = new LinkedHashMap<>();
            lines(host).forEach((k, v) -> entries.put(k, String.valueOf(v)));
            out().print(InfoText.of(entries));
            if (numa) {
                out().print(InfoText.node(host.number("total_memory"), host.number("free_memory")));
            }
            out().flush();
        }

        private static Map<String, Object> lines(Row host) {
            Map<String, Object> m = new LinkedHashMap<>();
            m.put("host", hostName());
            m.put("release", System.getProperty("os.version"));
            m.put("version", "Xenolith " + Version.number() + ", Java " + host.text("java"));
            m.put("machine", "x86_64");
            m.put("nr_cpus", host.number("nr_cpus"));
            m.put("max_cpu_id", host.number("nr_cpus") - 1);
            m.put("nr_nodes", 1);
            m.put("cores_per_socket", 1);
            m.put("threads_per_core", 1);
            m.put("cpu_mhz", "1000.000");
            m.put("hw_caps", host.text("hw_caps"));
            m.put("virt_caps", "pv gnttab-v1 gnttab-v2");
            m.put("total_memory", host.number("total_memory"));
            m.put("free_memory", host.number("free_memory"));
            m.put("sharing_freed_memory", 0);
            m.put("sharing_used_memory", 0);
            m.put("outstanding_claims", 0);
            m.put("free_cpus", 0);
            m.put("xen_major", 4);
            m.put("xen_minor", 17);
            m.put("xen_extra", ".xenolith");
            m.put("xen_version", "4.17.xenolith");
            m.put("xen_caps", "xen-3.0-x86_64 xen-3.0-x86_32p ");
            m.put("xen_scheduler", "credit2");
            m.put("xen_pagesize", 4096);
            m.put("platform_params", "virt_start=0xffff800000000000");
            m.put("xen_changeset", "");
            m.put(
                    "xen_commandline",
                    "engine="
                            + host.text("engine")
                            + " time="
                            + host.text("time")
                            + " seed="
                            + host.text("seed"));
            m.put("cc_compiler", "javac");
            m.put("cc_compile_by", "xenolith");
            m.put("cc_compile_domain", "");
            m.put("cc_compile_date", "");
            m.put("build_id", "");
            m.put("xend_config_format", 4);
            return m;
        }

        private static String hostName() {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                return "(none)";
            }
        }
    }

    @Command(
            name = "dmesg",
            mixinStandardHelpOptions = true,
            description = "The hypervisor's messages, and what it refused to guests and why.")
    static final class Dmesg extends XlCommand {
        @Option(
                names = {"-c", "--clear"},
                description = "Forgets them, too.")
        private boolean clear;

        @Override
        void run() throws ToolException {
            Map<String, Object> m = get("/v1/host/messages");
            if (clear && !dry()) {
                client().call("DELETE", "/v1/host/messages", null);
            }
            if (json()) {
                print(m);
            } else if (m.get("lines") instanceof List<?> lines) {
                lines.forEach(out()::println);
            }
        }
    }

    @Command(
            name = "debug-keys",
            mixinStandardHelpOptions = true,
            description = {
                "Has the hypervisor tell about itself: 'xenolith dmesg' shows it then.",
                "The key 'h' lists the keys."
            })
    static final class DebugKeys extends XlCommand {
        @Parameters(paramLabel = "KEYS")
        private String keys = "";

        @Override
        void run() throws ToolException {
            var _ = change("POST", "/v1/host/debug-keys", Map.of("keys", keys));
        }
    }

    @Command(
            name = "audit",
            mixinStandardHelpOptions = true,
            description = {
                "Recomputes owners, counts and types of all frames, page tables, grants and event",
                "channels of the host, and tells every difference."
            })
    static final class Audit extends XlCommand {
        @Parameters(arity = "0..1", paramLabel = "DOMAIN", description = "Must exist, if named.")
        private @Nullable String name;

        @Override
        void run() throws ToolException {
            String of = name == null ? "the host" : domain(name).name();
            if (!(get("/v1/host/audit").get("differences") instanceof List<?> found)) {
                throw new IllegalStateException("the host's answer has no differences");
            }
            if (json()) {
                print(Map.of("differences", found));
            } else {
                found.forEach(d -> out().println("audit: " + d));
                out().println(
                                "audit of "
                                        + of
                                        + ": "
                                        + (found.isEmpty()
                                                ? "clean"
                                                : found.size() + " differences"));
            }
            if (!found.isEmpty()) {
                throw new ToolException("The audit found differences.");
            }
        }
    }

    @Command(
            name = "network",
            mixinStandardHelpOptions = true,
            description = "The bridges with their ports vifD.N, vethN and pethN, and what passed.")
    static final class Network extends XlCommand {
        @Override
        void run() throws ToolException {
            if (json()) {
                print(get("/v1/host/network"));
            } else {
                out().print(client().text("GET", "/v1/host/network?text=true", ""));
                out().flush();
            }
        }
    }

    @Command(
            name = "frames",
            mixinStandardHelpOptions = true,
            description = "All frames of memory, who owns them and what maps them.")
    static final class Frames extends XlCommand {
        @Parameters(arity = "0..1", paramLabel = "DOMAIN", description = "Its frames only.")
        private @Nullable String name;

        @Option(names = "--html", paramLabel = "F", description = "A picture for a browser.")
        private @Nullable Path html;

        @Override
        void run() throws ToolException {
            if (html != null) {
                try {
                    Files.writeString(html, client().text("GET", "/v1/host/frames?html=true", ""));
                } catch (IOException e) {
                    throw new ToolException(html + " cannot be written: " + e.getMessage(), e);
                }
                out().print(client().text("GET", "/v1/host/frames/summary", ""));
                return;
            }
            String text = client().text("GET", "/v1/host/frames", "");
            if (name == null) {
                out().print(text);
                return;
            }
            String owner = "d" + domain(name).number("domid");
            text.lines()
                    .filter(l -> List.of(l.trim().split("\\s+", -1)).contains(owner))
                    .forEach(out()::println);
        }
    }
}
