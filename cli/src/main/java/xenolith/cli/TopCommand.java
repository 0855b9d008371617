package xenolith.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jline.terminal.Terminal;
import org.jline.utils.NonBlockingReader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import xenolith.cli.Domain0.Row;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.text.TopTable;

/** {@code xenolith top}: what the domains do, again and again, as xentop shows it. */
@Command(
        name = "top",
        mixinStandardHelpOptions = true,
        description = "Shows what the domains do, as xentop does; 'q' leaves.")
final class TopCommand extends XlCommand {
    private static final String CLEAR = "\033[H\033[J";

    private final Streams streams;
    private final Map<Long, Double> before = new HashMap<>();
    private long lookedNanos;

    @Option(
            names = {"-d", "--delay"},
            paramLabel = "S",
            defaultValue = "3",
            description = "Seconds between two looks (default: ${DEFAULT-VALUE}).")
    private int delay = 3;

    @Option(
            names = {"-b", "--batch"},
            description = "Prints one table after another.")
    private boolean batch;

    @Option(
            names = {"-i", "--iterations"},
            paramLabel = "N",
            description = "Ends after so many tables.")
    private int iterations;

    @Option(
            names = {"-f", "--full-name"},
            description = "Shows whole names.")
    private boolean fullNames;

    TopCommand(Streams streams) {
        this.streams = streams;
    }

    @SuppressWarnings("SystemConsoleNull") // its documentation allows null
    @Override
    void run() throws ToolException {
        if (json()) {
            print(domains().stream().map(Row::json).toList());
            return;
        }
        try {
            if (batch || System.console() == null || !System.console().isTerminal()) {
                inBatch();
            } else {
                onTerminal();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new ToolException("The terminal fails: " + e.getMessage(), e);
        }
    }

    private void inBatch() throws ToolException, InterruptedException {
        PrintWriter out = out();
        for (int i = 0; iterations == 0 || i < iterations; i++) {
            if (i > 0) {
                Thread.sleep(delay * 1000L);
            }
            table(false).forEach(out::println);
            out.flush();
            if (streams.out().checkError()) {
                return;
            }
        }
    }

    private void onTerminal() throws ToolException, IOException {
        try (Terminal terminal = UserConsole.terminals().system(true).build()) {
            terminal.enterRawMode();
            NonBlockingReader keys = terminal.reader();
            for (int i = 0; iterations == 0 || i < iterations; i++) {
                PrintWriter out = terminal.writer();
                out.print(CLEAR);
                table(true).forEach(line -> out.print(line + "\r\n"));
                out.flush();
                int key = keys.read(delay * 1000L);
                if (key == 'q' || key == 'Q' || key == -1) {
                    return;
                }
            }
        }
    }

    private List<String> table(boolean withSummary) throws ToolException {
        Map<String, Object> host = get("/v1/host");
        List<Row> all = new ArrayList<>(domains());
        all.add(Domain0.row(host));
        long now = System.nanoTime();
        double seconds = (now - lookedNanos) / 1e9;
        boolean first = before.isEmpty();
        long totalKib = Math.max(1, new Row(host).number("total_memory") << 10);
        List<TopTable.Row> rows = new ArrayList<>();
        for (Row d : all) {
            double cpu = d.real("cpu_seconds");
            Double last = before.put(d.number("domid"), cpu);
            double percent = first || last == null ? 0 : 100 * (cpu - last) / seconds;
            rows.add(row(d, percent));
        }
        lookedNanos = now;
        TopTable.Machine machine =
                new TopTable.Machine(
                        "4.17.xenolith",
                        totalKib,
                        new Row(host).number("free_memory") << 10,
                        1,
                        1000);
        String time = timeOfDay();
        String summary = withSummary ? TopTable.summary(machine, rows, time) : "";
        return (summary + TopTable.of(machine, rows, fullNames)).lines().toList();
    }

    private static TopTable.Row row(Row d, double percent) {
        Row config = new Row(object(d.json().get("config")));
        Row traffic = new Row(object(d.json().get("traffic")));
        return new TopTable.Row(
                d.domain(),
                percent,
                Optional.of(d.number("max_memory_kib")),
                new TopTable.Networks(
                        config.list("nics").size(),
                        traffic.number("net_tx"),
                        traffic.number("net_rx")),
                new TopTable.Disks(
                        config.list("disks").size(),
                        traffic.number("vbd_oo"),
                        traffic.number("vbd_rd"),
                        traffic.number("vbd_wr"),
                        traffic.number("vbd_rsect"),
                        traffic.number("vbd_wsect")));
    }
}
