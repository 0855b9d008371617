package xenolith.cli;

import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;

/** The commands of xl about disks and network cards. */
final class DeviceCommands {
    private DeviceCommands() {}

    /** Changes devices of one kind. */
    abstract static class Devices extends DomainCommands.OfDomain {
        final String devices(String type) throws ToolException {
            return path(name(), "/devices/" + type);
        }

        final void show(String type) throws ToolException {
            if (json()) {
                print(get(devices(type)));
            } else {
                out().print(client().text("GET", devices(type) + "?table=true", ""));
                out().flush();
            }
        }
    }

    @Command(
            name = "block-attach",
            mixinStandardHelpOptions = true,
            description = "Gives a domain another disk, described as in xl.cfg.")
    static final class BlockAttach extends Devices {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "DISK")
        private List<String> disk = List.of();

        @Override
        void run() throws ToolException {
            change("POST", devices("vbd"), Map.of("config", String.join(",", disk)));
        }
    }

    @Command(
            name = "network-attach",
            mixinStandardHelpOptions = true,
            description = "Gives a domain another network card, described as in xl.cfg.")
    static final class NetworkAttach extends Devices {
        @Parameters(index = "1..*", arity = "0..*", paramLabel = "KEY=VALUE")
        private List<String> card = List.of();

        @Override
        void run() throws ToolException {
            change("POST", devices("vif"), Map.of("config", String.join(",", card)));
        }
    }

    /** Takes a device away. */
    abstract static class Detach extends Devices {
        @Parameters(index = "1", paramLabel = "DEVICE", description = "Number, or name or address.")
        private String device = "";

        @Option(names = "--force", description = "Does not ask the guest.")
        private boolean force;

        final void detach(String type) throws ToolException {
            String at = devices(type) + "/" + HostClient.encode(device);
            change("DELETE", at + (force ? "?force=true" : ""), Map.of());
        }
    }

    @Command(
            name = "block-detach",
            mixinStandardHelpOptions = true,
            description = "Takes a disk from a domain.")
    static final class BlockDetach extends Detach {
        @Override
        void run() throws ToolException {
            detach("vbd");
        }
    }

    @Command(
            name = "network-detach",
            mixinStandardHelpOptions = true,
            description = "Takes a network card from a domain.")
    static final class NetworkDetach extends Detach {
        @Override
        void run() throws ToolException {
            detach("vif");
        }
    }

    @Command(
            name = "block-list",
            mixinStandardHelpOptions = true,
            description = "Lists a domain's disks.")
    static final class BlockList extends Devices {
        @Override
        void run() throws ToolException {
            show("vbd");
        }
    }

    @Command(
            name = "network-list",
            mixinStandardHelpOptions = true,
            description = "Lists a domain's network cards.")
    static final class NetworkList extends Devices {
        @Override
        void run() throws ToolException {
            show("vif");
        }
    }
}
