package xenolith.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;

/** Entry point of the command {@code xenolith}. */
@Command(
        name = "xenolith",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Runs unmodified guests of the Xen hypervisor in a Java virtual machine.",
        footer = {
            "",
            "'xenolith run' boots Debian to a shell; nothing else is needed.",
            "'xenolith host' starts a host of many domains, which the commands of xl control.",
            "'xenolith help COMMAND' tells more."
        })
public final class Main implements Runnable {
    /** picocli sets fields; this one before anything runs. */
    @SuppressWarnings("NullAway.Init")
    @Spec
    private CommandSpec spec;

    /** Runs the command line {@code args} and ends the process with its exit status. */
    public static void main(String[] args) {
        System.exit(run(args, new Streams(System.in, System.out, System.err)));
    }

    /** Runs the command line {@code given}; answers the exit status. */
    static int run(String[] given, Streams streams) {
        CommandLine.IFactory commands = new Commands(streams);
        CommandLine line = new CommandLine(new Main(), commands);
        String[] args = GlobalOptions.behindCommand(given).clone();
        if (args.length > 0) {
            args[0] = CommandTable.wholeName(args[0]);
        }
        CommandTable.add(line, args.length == 0 ? "" : args[0], commands);
        line.setOut(new PrintWriter(streams.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(streams.err(), true, StandardCharsets.UTF_8));
        line.registerConverter(java.time.Duration.class, new DurationConverter());
        line.setOverwrittenOptionsAllowed(true);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, words) -> {
            PrintWriter w = e.getCommandLine().getErr();
            w.println("xenolith: " + e.getMessage());
            w.println(
                    "Try 'xenolith help "
                            + (e.getCommandLine().getParent() == null
                                    ? ""
                                    : e.getCommandLine().getCommandName())
                            + "'.");
            return ExitStatus.OURS;
        });
        line.setExecutionExceptionHandler((e, command, result) -> {
            command.getErr().println("xenolith: " + sentence(e));
            if (isDefect(e)) {
                e.printStackTrace(command.getErr());
            }
            return ExitStatus.OURS;
        });
        return line.execute(args);
    }

    /** Makes the commands, and gives them what they read and write. */
    private record Commands(Streams streams) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            if (type == RunCommand.class) {
                return type.cast(new RunCommand(streams));
            }
            if (type == ConsoleCommand.class) {
                return type.cast(new ConsoleCommand(streams));
            }
            if (type == CreateCommand.class) {
                return type.cast(new CreateCommand(streams));
            }
            if (type == TopCommand.class) {
                return type.cast(new TopCommand(streams));
            }
            return CommandLine.defaultFactory().create(type);
        }
    }

    private static boolean isDefect(Exception e) {
        return e instanceof RuntimeException;
    }

    private static String sentence(Exception e) {
        if (e instanceof ToolException || e instanceof ControlException) {
            return String.valueOf(e.getMessage());
        }
        if (isDefect(e)) {
            return "this is a defect of Xenolith, please report it: " + e;
        }
        return e.getClass().getSimpleName() + ": " + e.getMessage();
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }
}
