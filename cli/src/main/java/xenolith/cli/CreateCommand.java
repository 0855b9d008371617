package xenolith.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.toolstack.ToolException;

/** {@code xenolith create}: makes a domain of a configuration file on a running host. */
@Command(
        name = "create",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes a domain of a configuration file on the running host.")
final class CreateCommand extends XlCommand {
    private final Streams streams;

    @Parameters(
            arity = "0..*",
            paramLabel = "FILE.cfg KEY=VALUE",
            description = "In the syntax of xl.cfg, and settings that hold instead of the file's.")
    private List<String> words = List.of();

    @Option(
            names = {"-f", "--defconfig"},
            paramLabel = "FILE.cfg",
            description = "The configuration file.")
    private @Nullable Path named;

    @Option(names = "-c", description = "Its console on this terminal.")
    private boolean console;

    @Option(names = "-p", description = "Leaves it paused.")
    private boolean paused;

    @Option(
            names = {"-n", "--dryrun"},
            description = "Shows its configuration, and makes nothing.")
    private boolean dryRun;

    @Option(names = "-F", description = "Waits for its end.")
    private boolean foreground;

    @Option(
            names = {"-q", "--quiet"},
            description = "Says less.")
    private boolean quiet;

    @Option(
            names = {"-e", "-d"},
            description = "Accepted as xl does: the host waits for the end itself.")
    private boolean ignored;

    @Option(names = "--console-log", paramLabel = "F", description = "Keeps what it prints.")
    private Path log = Path.of("");

    CreateCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    void run() throws ToolException {
        boolean only = dryRun || dry();
        ConfigWords config = ConfigWords.of(named, words);
        Map<String, Object> request = request(config, only);
        if (!quiet && !json()) {
            out().println("Parsing config from " + config.file());
        }
        Map<String, Object> answer = client().call("POST", "/v1/domains", request);
        warn(answer);
        if (only) {
            print(Objects.requireNonNullElse(answer.get("config"), Map.of()));
            return;
        }
        if (json()) {
            print(answer);
        }
        String name = String.valueOf(answer.get("name"));
        if (console) {
            RemoteConsole.follow(client(), name, false, streams, () -> start(name));
        } else if (foreground && !json()) {
            tell(answer);
        }
    }

    private void start(String name) throws ToolException {
        if (!paused) {
            client().call("POST", path(name, "/unpause"), Map.of());
        }
    }

    private void tell(Map<String, Object> end) {
        out().println("The domain has ended: " + end.get("reason"));
        if (end.get("report") != null) {
            err().println(end.get("report"));
        }
    }

    private Map<String, Object> request(ConfigWords config, boolean only) throws ToolException {
        Map<String, Object> m = new LinkedHashMap<>();
        config.addTo(m);
        m.put("paused", paused || console);
        m.put("dry", only);
        m.put("wait", foreground && !console);
        if (!log.toString().isEmpty()) {
            m.put("log", log.toAbsolutePath().toString());
        }
        return m;
    }
}
