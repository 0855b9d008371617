package xenolith.toolstack.socket;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import xenolith.hypervisor.control.DomainInfo;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.Traffic;
import xenolith.toolstack.text.DomainJson;
import xenolith.toolstack.xl.DomainReport;

/** A domain as JSON; its configuration in the names and order of xl's list -l. */
final class DomainDocument {
    private DomainDocument() {}

    static Map<String, Object> of(DomainReport r) {
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("name", r.spec().name());
        m.put("domid", r.domid());
        m.put("uuid", r.spec().uuid().toString());
        m.put("memory_kib", r.info().pages() << 2);
        m.put("max_memory_kib", r.info().maxPages() << 2);
        m.put("vcpus", r.vcpusOnline());
        m.put("state", r.state());
        m.put("weight", r.spec().cpuWeight());
        m.put("cap", r.spec().cap());
        m.put("cpus", r.spec().cpus());
        r.shutdown().ifPresent(s -> m.put("shutdown_reason", number(s)));
        m.put("cpu_seconds", r.cpuNanos() / 1e9);
        m.put("uptime_seconds", r.uptimeNanos() / 1_000_000_000L);
        List<Object> vcpus = new ArrayList<>();
        for (DomainInfo.VcpuInfo v : r.info().vcpus()) {
            vcpus.add(vcpu(r, v));
        }
        m.put("vcpu_list", vcpus);
        m.put("traffic", traffic(r.traffic()));
        m.put("config", config(r.domid(), r.spec(), r.devices()));
        return m;
    }

    /** The sums of what passed its devices, in the names of xentop's columns. */
    private static Map<String, Object> traffic(List<Traffic> devices) {
        Map<String, Object> m = new LinkedHashMap<>();
        for (Traffic one : devices) {
            switch (one) {
                case Traffic.OfCard c -> {
                    add(m, "net_tx", c.sent());
                    add(m, "net_rx", c.received());
                }
                case Traffic.OfDisk d -> {
                    add(m, "vbd_oo", d.delayed());
                    add(m, "vbd_rd", d.reads());
                    add(m, "vbd_wr", d.writes());
                    add(m, "vbd_rsect", d.sectorsRead());
                    add(m, "vbd_wsect", d.sectorsWritten());
                }
            }
        }
        return m;
    }

    private static void add(Map<String, Object> m, String name, long value) {
        m.merge(name, value, (a, b) -> (long) a + (long) b);
    }

    /** SHUTDOWN_* of public/sched.h. */
    private static int number(ShutdownReason reason) {
        return switch (reason) {
            case POWEROFF -> 0;
            case REBOOT -> 1;
            case SUSPEND -> 2;
            case CRASH -> 3;
            case WATCHDOG -> 4;
            case SOFT_RESET -> 5;
        };
    }

    private static Map<String, Object> vcpu(DomainReport r, DomainInfo.VcpuInfo v) {
        boolean stopped = r.info().paused() || r.shutdown().isPresent();
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("id", v.id());
        m.put("online", v.online());
        m.put("running", v.online() && !stopped && !v.blocked());
        m.put("blocked", v.online() && !stopped && v.blocked());
        m.put("cpu_seconds", v.nanos() / 1e9);
        return m;
    }

    /** The configuration as xl writes it. */
    static Object config(int domid, DomainSpec spec, List<DomainDevice> devices) {
        DomainJson.Entry entry =
                new DomainJson.Entry(
                        domid,
                        spec,
                        spec.kernel().map(Path::toString).orElse(""),
                        spec.ramdisk().map(Path::toString).orElse(""),
                        describe(devices, "vbd"),
                        describe(devices, "vif"));
        return DomainJson.domain(entry).getOrDefault("config", Map.of());
    }

    private static List<Map<String, Object>> describe(List<DomainDevice> devices, String type) {
        List<Map<String, Object>> all = new ArrayList<>();
        devices.stream().filter(d -> d.type().equals(type)).forEach(d -> all.add(d.describe()));
        return all;
    }
}
