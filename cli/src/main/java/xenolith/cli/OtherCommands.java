package xenolith.cli;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Unmatched;
import xenolith.toolstack.ToolException;

/** The commands of xl that Xenolith does not have: each answers why. */
@Command
final class OtherCommands implements java.util.concurrent.Callable<Integer> {
    private static final Map<String, String> WHY = reasons();

    private static Map<String, String> reasons() {
        Map<String, String> all = new TreeMap<>();
        because(
                all,
                "saving and moving domains comes in a later version",
                "save",
                "restore",
                "migrate",
                "migrate-receive",
                "suspend",
                "resume");
        because(all, "there is no replication to a second host", "remus", "colo-compare");
        because(
                all,
                "schedulers come in a later version; virtual CPUs run in turns",
                "vcpu-pin",
                "sched-credit",
                "sched-credit2",
                "sched-rtds");
        because(
                all,
                "there is one physical CPU, in one pool",
                "cpupool-list",
                "cpupool-create",
                "cpupool-destroy",
                "cpupool-rename",
                "cpupool-cpu-add",
                "cpupool-cpu-remove",
                "cpupool-migrate",
                "cpupool-numa-split");
        because(
                all,
                "that is for HVM guests, which come in a later version",
                "button-press",
                "cd-insert",
                "cd-eject");
        because(
                all,
                "no device of the machine can be given to a guest",
                "pci-attach",
                "pci-detach",
                "pci-list",
                "pci-assignable-add",
                "pci-assignable-remove",
                "pci-assignable-list");
        because(
                all,
                "there is no USB back end",
                "usbctrl-attach",
                "usbctrl-detach",
                "usbdev-attach",
                "usbdev-detach",
                "usb-list");
        because(all, "there is no TPM back end", "vtpm-attach", "vtpm-detach", "vtpm-list");
        because(
                all,
                "guests have no screens, keyboards and sound",
                "vkb-attach",
                "vkb-detach",
                "vkb-list",
                "vdispl-attach",
                "vdispl-detach",
                "vdispl-list",
                "vsnd-attach",
                "vsnd-detach",
                "vsnd-list");
        because(all, "guests have no screens; use 'xenolith console'", "vncviewer");
        because(all, "a domain has its console and no further channels", "channel-list");
        because(
                all,
                "netchannel2 was never finished; use 'network-attach'",
                "network2-attach",
                "network2-detach",
                "network2-list");
        because(all, "memory is claimed when a domain is built", "claims");
        because(all, "no memory is shared between domains", "sharing");
        because(
                all,
                "transcendent memory was removed from Xen itself",
                "tmem-list",
                "tmem-freeze",
                "tmem-thaw",
                "tmem-set",
                "tmem-shared-auth",
                "tmem-freeable");
        because(
                all,
                "there is no security module; access to the socket is the rule",
                "loadpolicy",
                "getenforce",
                "setenforce");
        because(
                all,
                "the processor has no such resources to share out",
                "psr-cmt-attach",
                "psr-cmt-detach",
                "psr-cmt-show",
                "psr-cat-set",
                "psr-cat-cbm-set",
                "psr-cat-show",
                "psr-mba-set",
                "psr-mba-show",
                "psr-hwinfo");
        because(all, "there is no QEMU beside a domain", "qemu-monitor-command");
        because(
                all,
                "it has no meaning on this host",
                "mca-inject",
                "devd",
                "fork-vm",
                "set-parameters",
                "gpu-list",
                "physinfo");
        return Collections.unmodifiableMap(all);
    }

    private final String name;
    private final String why;

    @Unmatched private List<String> ignored = new ArrayList<>();

    private OtherCommands(String name, String why) {
        this.name = name;
        this.why = why;
    }

    private static void because(Map<String, String> all, String why, String... names) {
        for (String name : names) {
            all.put(name, why);
        }
    }

    /** Why there is no command {@code name}; null if xl has none of that name either. */
    static @Nullable String why(String name) {
        return WHY.get(name);
    }

    /** The names of all these commands. */
    static Set<String> names() {
        return WHY.keySet();
    }

    static CommandSpec spec(String name, String why) {
        return CommandLine.Model.CommandSpec.forAnnotatedObject(new OtherCommands(name, why));
    }

    @Override
    public Integer call() throws ToolException {
        throw new ToolException("There is no '" + name + "': " + why + ".");
    }
}
