package xenolith.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;
import xenolith.toolstack.socket.SocketPath;

/** A command that talks to a running host, as xl does. */
abstract class XlCommand implements Callable<Integer> {
    @Option(
            names = "--socket",
            paramLabel = "F",
            description =
                    "The host's socket (default: XENOLITH_SOCKET, else below the user's runtime"
                            + " folder).")
    private @Nullable Path socket;

    @Option(names = "--json", description = "Answers in JSON.")
    private boolean json;

    @Option(names = "-N", description = "Tells what would be asked of the host, and does not ask.")
    private boolean dry;

    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    /** Does it. */
    abstract void run() throws ToolException;

    @Override
    public Integer call() throws ToolException {
        run();
        return ExitStatus.POWERED_OFF;
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    final boolean json() {
        return json;
    }

    final boolean dry() {
        return dry;
    }

    final HostClient client() {
        return new HostClient(socket == null ? SocketPath.of(System.getenv()) : socket);
    }

    /** The time of day here, such as 12:34:56. */
    static String timeOfDay() {
        return LocalTime.now(ZoneId.systemDefault())
                .format(DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT));
    }

    /** Prints {@code value} as JSON. */
    final void print(Object value) {
        out().println(HostClient.pretty(value));
        out().flush();
    }

    /** The document at {@code path}. */
    final Map<String, Object> get(String path) throws ToolException {
        return client().call("GET", path, null);
    }

    /** Changes something; tells of it where JSON is wanted. Answers what the host did. */
    final Map<String, Object> change(String method, String path, Map<String, Object> body)
            throws ToolException {
        if (dry) {
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("method", method);
            request.put("path", path);
            request.put("body", body);
            print(request);
            return Map.of();
        }
        Map<String, Object> answer = client().call(method, path, body);
        if (json) {
            print(answer);
        }
        return answer;
    }

    /** Prints the warnings in the host's answer. */
    final void warn(Map<String, Object> answer) {
        if (answer.get("warnings") instanceof List<?> warnings) {
            warnings.forEach(err()::println);
        }
    }

    /** The path of domain {@code name} and of what is below it. */
    static String path(String name, String below) {
        return "/v1/domains/" + HostClient.encode(name) + below;
    }

    /** All domains but Domain-0. */
    final List<Domain0.Row> domains() throws ToolException {
        List<Domain0.Row> rows = new ArrayList<>();
        if (get("/v1/domains").get("domains") instanceof List<?> all) {
            for (Object one : all) {
                rows.add(new Domain0.Row(object(one)));
            }
        }
        return rows;
    }

    /** The domain called {@code name}, Domain-0 among them. */
    final Domain0.Row domain(String name) throws ToolException {
        if (Domain0.is(name)) {
            return Domain0.row(get("/v1/host"));
        }
        return new Domain0.Row(get(path(name, "")));
    }

    /** Refuses what cannot be done to Domain-0. */
    static void refuseDomain0(String name) throws ToolException {
        if (Domain0.is(name)) {
            throw new ToolException("Domain-0 is the host itself; 'xenolith host --stop' ends it.");
        }
    }

    @SuppressWarnings("unchecked") // objects of JSON have strings as keys
    static Map<String, Object> object(@Nullable Object value) {
        return value instanceof Map ? (Map<String, Object>) value : Map.of();
    }
}
