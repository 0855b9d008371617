package xenolith.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.toolstack.ToolException;

/** {@code xenolith console}: a running domain's console on this terminal. */
@Command(
        name = "console",
        mixinStandardHelpOptions = true,
        description = {
            "A running domain's console on this terminal; Ctrl-] leaves it, and the domain goes"
                    + " on.",
            "Shows first what was printed lately."
        })
final class ConsoleCommand extends XlCommand {
    private final Streams streams;

    @Parameters(paramLabel = "DOMAIN", description = "By name or number.")
    private String name = "";

    @Option(names = "--new", description = "Leaves out what was printed before.")
    private boolean onlyNew;

    @Option(names = "-t", paramLabel = "TYPE", description = "Accepted as xl does: pv.")
    private String type = "pv";

    @Option(names = "-n", paramLabel = "NUMBER", description = "Accepted as xl does: 0.")
    private int number;

    ConsoleCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    void run() throws ToolException {
        refuseDomain0(name);
        if (!type.equals("pv")) {
            throw new ToolException("A domain has a pv console only, not '" + type + "'.");
        }
        if (number != 0) {
            throw new ToolException("A domain has one console, number 0.");
        }
        RemoteConsole.follow(client(), name, onlyNew, streams, () -> {});
    }
}
