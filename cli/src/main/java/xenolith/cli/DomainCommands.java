package xenolith.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.cli.Domain0.Row;
import xenolith.toolstack.ToolException;

/** The commands of xl that change a domain. */
final class DomainCommands {
    /** Between two looks at a domain that shall reboot. */
    private static final int LOOK_MILLIS = 100;

    private DomainCommands() {}

    /** Changes one domain. */
    abstract static class OfDomain extends XlCommand {
        @Parameters(index = "0", paramLabel = "DOMAIN", description = "By name or number.")
        private String name = "";

        final String name() throws ToolException {
            refuseDomain0(name);
            return name;
        }
    }

    @Command(
            name = "destroy",
            mixinStandardHelpOptions = true,
            description = "Ends a domain at once, as pulling a plug does.")
    static final class Destroy extends OfDomain {
        @Option(names = "-f", description = "Accepted as xl does.")
        private boolean unusedForce;

        @Override
        void run() throws ToolException {
            var _ = change("DELETE", path(name(), ""), Map.of());
        }
    }

    @Command(name = "pause", mixinStandardHelpOptions = true, description = "Stops a domain.")
    static final class Pause extends OfDomain {
        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/pause"), Map.of());
        }
    }

    @Command(
            name = "unpause",
            mixinStandardHelpOptions = true,
            description = "Lets a domain run (again).")
    static final class Unpause extends OfDomain {
        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/unpause"), Map.of());
        }
    }

    /** Asks guests for something that takes them a while. */
    abstract static class Ask extends XlCommand {
        @Parameters(arity = "0..1", paramLabel = "DOMAIN", description = "By name or number.")
        private String name = "";

        @Option(
                names = {"-a", "--all"},
                description = "All domains.")
        private boolean all;

        @Option(
                names = {"-w", "--wait"},
                description = "Waits until it is done.")
        private boolean wait;

        @Option(names = "-F", description = "Accepted as xl does; PV guests need no fallback.")
        private boolean unusedFallback;

        abstract String verb();

        abstract String telling();

        abstract void await(Row domain) throws ToolException;

        @Override
        void run() throws ToolException {
            if (name.isEmpty() != all) {
                throw new ToolException("Name a domain, or say -a for all.");
            }
            if (all) {
                ask(domains());
            } else {
                refuseDomain0(name);
                ask(List.of(domain(name)));
            }
        }

        private void ask(List<Row> rows) throws ToolException {
            for (Row d : rows) {
                if (!json()) {
                    out().println(telling() + " domain " + d.number("domid"));
                }
                var _ = change("POST", path(d.name(), "/" + verb()), Map.of());
            }
            for (Row d : rows) {
                if (wait && !dry()) {
                    await(d);
                }
            }
        }
    }

    @Command(
            name = "shutdown",
            mixinStandardHelpOptions = true,
            description = "Asks a guest to power off.")
    static final class Shutdown extends Ask {
        @Override
        String verb() {
            return "shutdown";
        }

        @Override
        String telling() {
            return "Shutting down";
        }

        @Override
        void await(Row domain) throws ToolException {
            try {
                get(path(domain.name(), "/end"));
            } catch (ToolException e) {
                if (!client().alive()) {
                    throw e;
                }
                // it was gone before anybody waited
            }
        }
    }

    @Command(
            name = "reboot",
            mixinStandardHelpOptions = true,
            description = "Asks a guest to reboot.")
    static final class Reboot extends Ask {
        @Override
        String verb() {
            return "reboot";
        }

        @Override
        String telling() {
            return "Rebooting";
        }

        @Override
        void await(Row domain) throws ToolException {
            try {
                while (domain(domain.name()).number("domid") == domain.number("domid")) {
                    Thread.sleep(LOOK_MILLIS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Command(name = "rename", mixinStandardHelpOptions = true, description = "Renames a domain.")
    static final class Rename extends OfDomain {
        @Parameters(index = "1", paramLabel = "NAME", description = "Its new name.")
        private String to = "";

        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/name"), Map.of("name", to));
        }
    }

    @Command(
            name = "vcpu-set",
            mixinStandardHelpOptions = true,
            description = "Asks a guest to have this many virtual CPUs online.")
    static final class VcpuSet extends OfDomain {
        @Parameters(index = "1", paramLabel = "COUNT")
        private int count;

        @Option(
                names = {"-i", "--ignore-host"},
                description = "Accepted as xl does: the host's processors are no limit here.")
        private boolean ignored;

        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/vcpus"), Map.of("count", count));
        }
    }

    @Command(
            name = "mem-set",
            mixinStandardHelpOptions = true,
            description = "Asks a guest to have this much memory: its balloon driver does it.")
    static final class MemSet extends OfDomain {
        @Parameters(index = "1", paramLabel = "MEMORY", description = "MiB, or with b, k, m, g, t.")
        private String memory = "";

        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/memory"), Map.of("mib", mib(memory)));
        }
    }

    @Command(
            name = "mem-max",
            mixinStandardHelpOptions = true,
            description = "Lets a guest have this much memory at most.")
    static final class MemMax extends OfDomain {
        @Parameters(index = "1", paramLabel = "MEMORY", description = "MiB, or with b, k, m, g, t.")
        private String memory = "";

        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/max-memory"), Map.of("mib", mib(memory)));
        }
    }

    /** MiB of a size as xl takes it. */
    static long mib(String text) throws ToolException {
        String size = text.toLowerCase(Locale.ROOT);
        if (!size.matches("\\d{1,15}[bkmgt]?")) {
            throw new ToolException(
                    "'" + text + "' is not a size: a number of MiB, or with b, k, m, g or t.");
        }
        char unit = size.charAt(size.length() - 1);
        long number =
                Long.parseLong(
                        Character.isDigit(unit) ? size : size.substring(0, size.length() - 1));
        return switch (unit) {
            case 'b' -> number >> 20;
            case 'k' -> number >> 10;
            case 'g' -> number << 10;
            case 't' -> number << 20;
            default -> number;
        };
    }

    @Command(
            name = "sysrq",
            mixinStandardHelpOptions = true,
            description = "Sends a magic SysRq key to a Linux guest.")
    static final class Sysrq extends OfDomain {
        @Parameters(index = "1", paramLabel = "LETTER")
        private char letter;

        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/sysrq"), Map.of("key", (int) letter));
        }
    }

    @Command(
            name = "trigger",
            mixinStandardHelpOptions = true,
            description = "Sends an NMI to a virtual CPU; the other triggers are for HVM guests.")
    static final class Trigger extends OfDomain {
        @Parameters(
                index = "1",
                paramLabel = "nmi|reset|init|power|sleep|s3resume",
                description = "What is sent.")
        private String kind = "";

        @Parameters(index = "2", arity = "0..1", paramLabel = "VCPU", defaultValue = "0")
        private int vcpu;

        @Override
        void run() throws ToolException {
            var _ = change("POST", path(name(), "/trigger"), Map.of("trigger", kind, "vcpu", vcpu));
        }
    }

    @Command(
            name = "dump-core",
            mixinStandardHelpOptions = true,
            description = "Writes a domain's memory and registers to a file, as Xen does.")
    static final class DumpCore extends OfDomain {
        @Parameters(index = "1", paramLabel = "FILE", description = "Written by the host.")
        private Path file = Path.of("");

        @Override
        void run() throws ToolException {
            String path = file.toAbsolutePath().toString();
            var _ = change("POST", path(name(), "/core"), Map.of("path", path));
        }
    }
}
