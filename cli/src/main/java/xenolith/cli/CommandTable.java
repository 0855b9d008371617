package xenolith.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine;

/** The commands by name. */
final class CommandTable {
    private static final String HELP = "help";

    private CommandTable() {}

    /**
     * Adds the command {@code name}, or all of them where that is none or asks for help: to learn
     * the options of a command takes some 20 milliseconds.
     */
    static void add(CommandLine line, String name, CommandLine.IFactory factory) {
        Class<?> one = name.equals(HELP) ? null : first(name);
        if (one != null) {
            line.addSubcommand(name, new CommandLine(one, factory));
            return;
        }
        String why = OtherCommands.why(name);
        if (why != null) {
            line.addSubcommand(name, new CommandLine(OtherCommands.spec(name, why)));
            return;
        }
        all().forEach((n, type) -> line.addSubcommand(n, new CommandLine(type, factory)));
    }

    /**
     * The command that {@code word} begins the name of, as long as there is only one: xl takes any
     * abbreviation that cannot be mistaken. Else {@code word}.
     */
    static String wholeName(String word) {
        if (word.isEmpty() || word.startsWith("-") || all().containsKey(word)) {
            return word;
        }
        List<String> matches =
                Stream.concat(all().keySet().stream(), OtherCommands.names().stream())
                        .filter(name -> name.startsWith(word))
                        .toList();
        return matches.size() == 1 ? matches.getFirst() : word;
    }

    /** Whether there is a command {@code name}, be it one that only says why it is not there. */
    static boolean known(String name) {
        return all().containsKey(name) || OtherCommands.why(name) != null;
    }

    /** The commands that are run most, without a look at the others. */
    private static @org.jspecify.annotations.Nullable Class<?> first(String name) {
        return switch (name) {
            case "run" -> RunCommand.class;
            case "test" -> TestCommand.class;
            default -> all().get(name);
        };
    }

    private static Map<String, Class<?>> all() {
        Map<String, Class<?>> all = new LinkedHashMap<>();
        all.put("run", RunCommand.class);
        all.put("test", TestCommand.class);
        all.put("image", ImageCommand.class);
        all.put("doctor", DoctorCommand.class);
        all.put("host", HostCommand.class);
        all.put("create", CreateCommand.class);
        all.put("destroy", DomainCommands.Destroy.class);
        all.put("shutdown", DomainCommands.Shutdown.class);
        all.put("reboot", DomainCommands.Reboot.class);
        all.put("pause", DomainCommands.Pause.class);
        all.put("unpause", DomainCommands.Unpause.class);
        all.put("list", ShowCommands.ListDomains.class);
        all.put("vm-list", ShowCommands.VmList.class);
        all.put("console", ConsoleCommand.class);
        all.put("dmesg", MachineCommands.Dmesg.class);
        all.put("info", MachineCommands.Info.class);
        all.put("top", TopCommand.class);
        all.put("uptime", ShowCommands.Uptime.class);
        all.put("vcpu-list", ShowCommands.VcpuList.class);
        all.put("vcpu-set", DomainCommands.VcpuSet.class);
        all.put("mem-set", DomainCommands.MemSet.class);
        all.put("mem-max", DomainCommands.MemMax.class);
        all.put("rename", DomainCommands.Rename.class);
        all.put("domid", ShowCommands.Domid.class);
        all.put("domname", ShowCommands.Domname.class);
        all.put("sysrq", DomainCommands.Sysrq.class);
        all.put("trigger", DomainCommands.Trigger.class);
        all.put("debug-keys", MachineCommands.DebugKeys.class);
        all.put("config-update", ConfigUpdateCommand.class);
        all.put("dump-core", DomainCommands.DumpCore.class);
        all.put("block-attach", DeviceCommands.BlockAttach.class);
        all.put("block-detach", DeviceCommands.BlockDetach.class);
        all.put("block-list", DeviceCommands.BlockList.class);
        all.put("network-attach", DeviceCommands.NetworkAttach.class);
        all.put("network-detach", DeviceCommands.NetworkDetach.class);
        all.put("network-list", DeviceCommands.NetworkList.class);
        all.put("network", MachineCommands.Network.class);
        all.put("audit", MachineCommands.Audit.class);
        all.put("frames", MachineCommands.Frames.class);
        all.put("completion", CompletionCommand.class);
        all.put(HELP, CommandLine.HelpCommand.class);
        return all;
    }
}
