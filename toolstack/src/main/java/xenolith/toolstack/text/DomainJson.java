package xenolith.toolstack.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import xenolith.toolstack.config.Action;
import xenolith.toolstack.config.DomainSpec;

/** {@code xl list -l}: a domain's configuration as libxl writes it. */
public final class DomainJson {
    /** What libxl has for "not known". */
    private static final long NO_DOMID = 0xffff_ffffL;

    private DomainJson() {}

    /**
     * A domain.
     *
     * @param kernel path that it was booted from; {@code ramdisk} likewise, or empty
     * @param disks each as {@code DomainDevice.describe} tells; {@code nics} likewise
     */
    public record Entry(
            int domid,
            DomainSpec spec,
            String kernel,
            String ramdisk,
            List<Map<String, Object>> disks,
            List<Map<String, Object>> nics) {}

    /** An array of all of them, as text. */
    public static String of(List<Entry> entries) {
        return YajlText.of(entries.stream().map(DomainJson::domain).toList()) + "\n";
    }

    /** One of them as maps, lists, text, numbers and truths. */
    public static Map<String, Object> domain(Entry entry) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("c_info", creation(entry));
        config.put("b_info", building(entry));
        if (!entry.disks.isEmpty()) {
            config.put("disks", entry.disks);
        }
        if (!entry.nics.isEmpty()) {
            config.put("nics", entry.nics);
        }
        DomainSpec spec = entry.spec;
        action(config, "on_poweroff", spec.onPoweroff());
        action(config, "on_reboot", spec.onReboot());
        action(config, "on_watchdog", spec.onWatchdog());
        action(config, "on_crash", spec.onCrash());
        config.put("on_soft_reset", "soft_reset");
        return ordered("domid", entry.domid, "config", config);
    }

    private static Map<String, Object> creation(Entry entry) {
        return ordered(
                "type",
                "pv",
                "name",
                entry.spec.name(),
                "domid",
                NO_DOMID,
                "uuid",
                entry.spec.uuid().toString(),
                "run_hotplug_scripts",
                true);
    }

    private static Map<String, Object> building(Entry entry) {
        DomainSpec spec = entry.spec;
        Map<String, Object> b =
                ordered(
                        "max_vcpus",
                        spec.maxVcpus(),
                        "avail_vcpus",
                        IntStream.range(0, spec.vcpus()).boxed().toList(),
                        "max_memkb",
                        spec.maxMemoryMib() << 10,
                        "target_memkb",
                        spec.memoryMib() << 10,
                        "video_memkb",
                        0,
                        "sched_params",
                        ordered("sched", "credit2", "weight", spec.cpuWeight(), "cap", spec.cap()),
                        "claim_mode",
                        true,
                        "kernel",
                        entry.kernel,
                        "cmdline",
                        spec.cmdline());
        if (!entry.ramdisk.isEmpty()) {
            b.put("ramdisk", entry.ramdisk);
        }
        b.put("type.pv", ordered());
        b.put("arch_arm", ordered());
        b.put("arch_x86", ordered("msr_relaxed", false));
        return b;
    }

    /** libxl leaves out what is as it would be. */
    private static void action(Map<String, Object> config, String name, Action action) {
        if (action != Action.DESTROY) {
            config.put(name, word(action));
        }
    }

    private static String word(Action action) {
        return switch (action) {
            case DESTROY -> "destroy";
            case RESTART -> "restart";
            case RENAME_RESTART -> "restart_rename";
            case PRESERVE -> "preserve";
            case COREDUMP_DESTROY -> "coredump_destroy";
            case COREDUMP_RESTART -> "coredump_restart";
            case SOFT_RESET -> "soft_reset";
        };
    }

    private static Map<String, Object> ordered(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(String.valueOf(pairs[i]), pairs[i + 1]);
        }
        return map;
    }
}
