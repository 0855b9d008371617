package xenolith.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code xenolith completion}: a script that has bash and zsh complete commands and options. */
@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {"Prints a script for bash and zsh:  source <(xenolith completion)"})
final class CompletionCommand implements Callable<Integer> {
    @Option(
            names = "--name",
            paramLabel = "N",
            defaultValue = "xenolith",
            description = "Name under which the command is called (default: ${DEFAULT-VALUE}).")
    private String name = "xenolith";

    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        CommandLine all = new CommandLine(new Main(), spec.commandLine().getFactory());
        CommandTable.add(all, "", spec.commandLine().getFactory());
        spec.commandLine().getOut().print(AutoComplete.bash(name, all));
        spec.commandLine().getOut().flush();
        return ExitStatus.POWERED_OFF;
    }
}
