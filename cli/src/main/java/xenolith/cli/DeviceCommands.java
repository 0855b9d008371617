package xenolith.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

        /** Adds one that {@code words} describe, where paths are relative to this folder. */
        final void attach(String type, List<String> words) throws ToolException {
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("config", String.join(",", words));
            request.put("folder", Path.of("").toAbsolutePath().toString());
            var _ = change("POST", devices(type), request);
        }
    }

    /** Lists devices of one kind. */
    abstract static class Listing extends XlCommand {
        @Parameters(arity = "1..*", paramLabel = "DOMAIN", description = "By name or number.")
        private List<String> names = List.of();

        final void show(String type) throws ToolException {
            List<Object> all = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (String name : names) {
                refuseDomain0(name);
                String devices = path(name, "/devices/" + type);
                if (json()) {
                    all.addAll((List<?>) get(devices).getOrDefault("devices", List.of()));
                    continue;
                }
                String table = client().text("GET", devices + "?table=true", "");
                // the heading is wanted once
                text.append(text.isEmpty() ? table : table.substring(table.indexOf('\n') + 1));
            }
            if (json()) {
                print(Map.of("devices", all));
            } else {
                out().print(text);
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
            attach("vbd", disk);
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
            attach("vif", card);
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
            var _ = change("DELETE", at + (force ? "?force=true" : ""), Map.of());
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
            description = "Lists the disks of domains.")
    static final class BlockList extends Listing {
        @Override
        void run() throws ToolException {
            show("vbd");
        }
    }

    @Command(
            name = "network-list",
            mixinStandardHelpOptions = true,
            description = "Lists the network cards of domains.")
    static final class NetworkList extends Listing {
        @Override
        void run() throws ToolException {
            show("vif");
        }
    }
}
