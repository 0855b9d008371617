package xenolith.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
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
            "'xenolith help COMMAND' tells more."
        })
public final class Main implements Runnable {
    private static final String HELP = "help";

    /** picocli sets fields; this one before anything runs. */
    @SuppressWarnings("NullAway.Init")
    @Spec
    private CommandSpec spec;

    /** Runs the command line {@code args} and ends the process with its exit status. */
    public static void main(String[] args) {
        System.exit(run(args, new Streams(System.in, System.out, System.err)));
    }

    /** Runs the command line {@code args}; answers the exit status. */
    static int run(String[] args, Streams streams) {
        CommandLine.IFactory commands = new Commands(streams);
        CommandLine line = new CommandLine(new Main(), commands);
        addCommands(line, args.length == 0 ? "" : args[0], commands);
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

    /**
     * Adds the command {@code name}, or all of them where that is none or asks for help: to learn
     * the options of a command takes some 20 milliseconds.
     */
    private static void addCommands(CommandLine line, String name, CommandLine.IFactory factory) {
        Map<String, Class<?>> all = new LinkedHashMap<>();
        all.put("run", RunCommand.class);
        all.put("test", TestCommand.class);
        all.put("image", ImageCommand.class);
        all.put("doctor", DoctorCommand.class);
        all.put(HELP, CommandLine.HelpCommand.class);
        Class<?> one = name.equals(HELP) ? null : all.get(name);
        Map<String, Class<?>> wanted = one == null ? all : Map.of(name, one);
        wanted.forEach((n, type) -> line.addSubcommand(n, new CommandLine(type, factory)));
    }

    /** Makes the commands, and gives them what they read and write. */
    private record Commands(Streams streams) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            if (type == RunCommand.class) {
                return type.cast(new RunCommand(streams));
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
