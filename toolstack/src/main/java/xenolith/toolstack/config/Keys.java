package xenolith.toolstack.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The settings of xl.cfg(5) that Xenolith knows of but does not act on, and what that means. */
final class Keys {
    /** HVM settings without a meaning for a PV guest, accepted in silence as xl does. */
    static final Set<String> HVM_ONLY =
            Set.of(
                    "loader",
                    "firmware",
                    "firmware_override",
                    "hap",
                    "viridian",
                    "nestedhvm",
                    "apic",
                    "acpi",
                    "pae",
                    "nx",
                    "hpet",
                    "altp2m",
                    "device_model_version",
                    "device_model_override",
                    "device_model_args",
                    "stdvga",
                    "vga",
                    "vnc",
                    "sdl",
                    "usb",
                    "serial",
                    "boot",
                    "vpt_align",
                    "timer_mode",
                    "xen_platform_pci",
                    "soundhw",
                    "spice",
                    "videoram",
                    "oos",
                    "shadow_memory");

    private static final Map<String, String> CONSEQUENCES = consequences();

    private Keys() {}

    /** What will happen though {@code key} is set, or null if xl.cfg has no such setting. */
    static @org.jspecify.annotations.Nullable String consequence(String key) {
        return CONSEQUENCES.get(key);
    }

    private static Map<String, String> consequences() {
        Map<String, String> m = new TreeMap<>();
        m.put("vkb", "the guest will have no keyboard device, only its console");
        m.put("vtpm", "the guest will have no TPM");
        m.put("p9", "the guest will see no 9p file system");
        m.put("pvcalls", "the guest will have no PV calls back end");
        m.put("channel", "the guest will have only its console");
        m.put("pci", "no device is passed through");
        m.put("usbctrl", "the guest will have no USB controller");
        m.put("usbdev", "no device is passed through");
        m.put("rdm", "no memory is reserved for devices");
        m.put("dtdev", "no device is passed through");
        m.put("bootloader_args", "the bootloader runs in the guest and takes no arguments");
        m.put("device_tree", "no device tree is passed");
        for (String key : new String[] {"cpus_soft", "nodes", "vnuma", "pool"}) {
            m.put(key, "the host's scheduler places the virtual CPUs");
        }
        for (String key : new String[] {"period", "slice", "latency", "extratime", "weight"}) {
            m.put(key, "the virtual CPUs run with equal shares");
        }
        for (String key :
                new String[] {
                    "max_grant_frames", "max_maptrack_frames", "max_grant_version", "max_grant_ref"
                }) {
            m.put(key, "the built-in limit of grants holds");
        }
        m.put("cpuid", "the guest sees the processor that Xenolith announces");
        m.put("e820_host", "the guest sees a plain memory map");
        m.put("claim_mode", "memory is claimed when the domain is built");
        m.put("seclabel", "no security policy is applied");
        m.put("init_seclabel", "no security policy is applied");
        m.put("passthrough", "no device is passed through");
        m.put("tsc_mode", "the time stamp counter follows --time");
        m.put("localtime", "the guest's clock is in UTC");
        m.put("rtc_timeoffset", "the guest's clock is in UTC");
        m.put("driver_domain", "the domain serves no devices");
        m.put("ioports", "no port is passed through");
        m.put("irqs", "no interrupt is passed through");
        m.put("iomem", "no memory of devices is passed through");
        m.put("msr_relaxed", "unknown MSRs raise #GP");
        m.put("on_soft_reset", "a soft reset destroys the domain");
        m.put("vmtrace_buf_kb", "no trace is kept");
        m.put("ucode", "no microcode is loaded");
        m.put("swiotlb", "it has no effect");
        m.put("nomigrate", "it has no effect");
        m.put("gfx_passthru", "no device is passed through");
        m.put("xend_suspend_evtchn_compat", "it has no effect");
        return m;
    }
}
