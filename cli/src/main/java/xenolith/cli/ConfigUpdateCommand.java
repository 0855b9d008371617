package xenolith.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.toolstack.ToolException;

/** {@code xenolith config-update}: what a domain is built from at its next reboot. */
@Command(
        name = "config-update",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Replaces what a running domain is built from at its next reboot. Its name, its UUID",
            "and its devices stay; 'rename' and the commands for devices change those at once."
        })
final class ConfigUpdateCommand extends DomainCommands.OfDomain {
    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "FILE.cfg KEY=VALUE",
            description = "In the syntax of xl.cfg, and settings that hold instead of the file's.")
    private List<String> words = List.of();

    @Option(
            names = {"-f", "--defconfig"},
            paramLabel = "FILE.cfg",
            description = "The configuration file.")
    private @Nullable Path file;

    @Option(names = "-d", description = "Accepted as xl does.")
    private boolean ignored;

    @Override
    void run() throws ToolException {
        Map<String, Object> request = new LinkedHashMap<>();
        ConfigWords.of(file, words).addTo(request);
        warn(change("POST", path(name(), "/config"), request));
    }
}
