package xenolith.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Unmatched;
import xenolith.toolstack.ToolException;

/** The commands of xl that Xenolith does not have: each answers why. */
@Command
final class OtherCommands implements java.util.concurrent.Callable<Integer> {
    private final String name;
    private final String why;

    @Unmatched private List<String> ignored = new ArrayList<>();

    private OtherCommands(String name, String why) {
        this.name = name;
        this.why = why;
    }

    /** Why there is no command {@code name}; null if xl has none of that name either. */
    static @Nullable String why(String name) {
        return switch (name) {
            case "save", "restore", "migrate", "migrate-receive", "suspend", "resume" ->
                    "saving and moving domains comes in a later version";
            case "remus", "colo-compare" -> "there is no replication to a second host";
            case "trigger" -> "triggers are for HVM guests, which come in a later version";
            case "debug-keys" ->
                    "there are no debug keys; 'xenolith dmesg', 'audit' and 'frames' show the"
                            + " hypervisor's state";
            case "vcpu-pin", "sched-credit", "sched-credit2", "sched-rtds" ->
                    "schedulers come in a later version; virtual CPUs run in turns";
            case "cpupool-list",
                    "cpupool-create",
                    "cpupool-destroy",
                    "cpupool-rename",
                    "cpupool-cpu-add",
                    "cpupool-cpu-remove",
                    "cpupool-migrate",
                    "cpupool-numa-split" ->
                    "there is one physical CPU, in one pool";
            case "config-update" ->
                    "a running domain's configuration cannot be replaced; use 'rename', 'mem-set',"
                            + " 'vcpu-set' and the commands for devices";
            case "button-press", "cd-insert", "cd-eject" ->
                    "that is for HVM guests, which come in a later version";
            case "pci-attach",
                    "pci-detach",
                    "pci-list",
                    "pci-assignable-add",
                    "pci-assignable-remove",
                    "pci-assignable-list" ->
                    "no device of the machine can be given to a guest";
            case "usbctrl-attach", "usbctrl-detach", "usbdev-attach", "usbdev-detach", "usb-list" ->
                    "there is no USB back end";
            case "vtpm-attach", "vtpm-detach", "vtpm-list" -> "there is no TPM back end";
            case "vkb-attach",
                    "vkb-detach",
                    "vkb-list",
                    "vdispl-attach",
                    "vdispl-detach",
                    "vdispl-list",
                    "vsnd-attach",
                    "vsnd-detach",
                    "vsnd-list" ->
                    "guests have no screens, keyboards and sound";
            case "vncviewer" -> "guests have no screens; use 'xenolith console'";
            case "channel-list" -> "a domain has its console and no further channels";
            case "network2-attach", "network2-detach", "network2-list" ->
                    "netchannel2 was never finished; use 'network-attach'";
            case "claims" -> "memory is claimed when a domain is built";
            case "sharing" -> "no memory is shared between domains";
            case "tmem-list", "tmem-freeze", "tmem-thaw", "tmem-set", "tmem-shared-auth" ->
                    "transcendent memory was removed from Xen itself";
            case "loadpolicy", "getenforce", "setenforce" ->
                    "there is no security module; access to the socket is the rule";
            case "psr-cmt-attach",
                    "psr-cmt-detach",
                    "psr-cmt-show",
                    "psr-cat-set",
                    "psr-cat-show",
                    "psr-mba-set",
                    "psr-mba-show",
                    "psr-hwinfo" ->
                    "the processor has no such resources to share out";
            case "qemu-monitor-command" -> "there is no QEMU beside a domain";
            case "mca-inject", "devd", "fork-vm", "set-parameters", "gpu-list", "physinfo" ->
                    "it has no meaning on this host";
            default -> null;
        };
    }

    static CommandSpec spec(String name, String why) {
        return CommandLine.Model.CommandSpec.forAnnotatedObject(new OtherCommands(name, why));
    }

    @Override
    public Integer call() throws ToolException {
        throw new ToolException("There is no '" + name + "': " + why + ".");
    }
}
