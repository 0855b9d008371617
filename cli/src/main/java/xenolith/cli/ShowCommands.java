package xenolith.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import xenolith.cli.Domain0.Row;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.text.DomainRow;
import xenolith.toolstack.text.DomainTable;
import xenolith.toolstack.text.UptimeTable;
import xenolith.toolstack.text.VcpuTable;
import xenolith.toolstack.text.YajlText;

/** The commands of xl that show something. */
final class ShowCommands {
    private ShowCommands() {}

    /** Shows some domains, or all. */
    abstract static class OfDomains extends XlCommand {
        @Parameters(arity = "0..*", paramLabel = "DOMAIN", description = "By name or number.")
        private List<String> names = List.of();

        final List<Row> rows() throws ToolException {
            List<Row> rows = new ArrayList<>();
            if (names.isEmpty()) {
                rows.add(Domain0.row(get("/v1/host")));
                rows.addAll(domains());
            }
            for (String name : names) {
                rows.add(domain(name));
            }
            return rows;
        }

        final void printJson(List<Row> rows) {
            print(rows.stream().map(Row::json).toList());
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the domains.")
    static final class ListDomains extends OfDomains {
        @Option(
                names = {"-l", "--long"},
                description = "Their configurations, in JSON.")
        private boolean full;

        @Option(
                names = {"-v", "--verbose"},
                description = "Also UUIDs and reasons of shutdowns.")
        private boolean verbose;

        @Option(
                names = {"-Z", "--context"},
                description = "Also security labels; there are none.")
        private boolean context;

        @Option(
                names = {"-c", "--cpupool"},
                description = "Also the pool of physical CPUs.")
        private boolean pool;

        @Option(
                names = {"-n", "--numa"},
                description = "Also the nodes of memory.")
        private boolean numa;

        @Override
        void run() throws ToolException {
            List<Row> rows = rows();
            if (full) {
                List<Object> all = new ArrayList<>();
                for (Row d : rows) {
                    if (d.json().get("config") != null) {
                        Map<String, Object> one = new LinkedHashMap<>();
                        one.put("domid", d.number("domid"));
                        one.put("config", d.json().get("config"));
                        all.add(one);
                    }
                }
                out().print(YajlText.of(all) + "\n");
                out().flush();
            } else if (json()) {
                printJson(rows);
            } else {
                List<DomainRow> table = rows.stream().map(Row::domain).toList();
                DomainTable.Columns more = new DomainTable.Columns(verbose, context, pool, numa);
                out().print(DomainTable.of(table, more));
                out().flush();
            }
        }
    }

    @Command(
            name = "vm-list",
            mixinStandardHelpOptions = true,
            description = "Lists the guests with their UUIDs.")
    static final class VmList extends XlCommand {
        @Override
        void run() throws ToolException {
            List<Row> guests = domains();
            if (json()) {
                print(guests.stream().map(Row::json).toList());
            } else {
                out().print(DomainTable.vmList(guests.stream().map(Row::domain).toList()));
                out().flush();
            }
        }
    }

    @Command(
            name = "vcpu-list",
            mixinStandardHelpOptions = true,
            description = "Lists virtual CPUs.")
    static final class VcpuList extends OfDomains {
        @Override
        void run() throws ToolException {
            List<Row> rows = rows();
            if (json()) {
                printJson(rows);
                return;
            }
            List<VcpuTable.Row> table = new ArrayList<>();
            rows.forEach(d -> table.addAll(d.vcpus()));
            out().print(VcpuTable.of(table, 1));
            out().flush();
        }
    }

    @Command(
            name = "uptime",
            mixinStandardHelpOptions = true,
            description = "Tells how long domains run.")
    static final class Uptime extends OfDomains {
        @Option(
                names = {"-s", "--short"},
                description = "A line a domain, with the time of day, without heading.")
        private boolean brief;

        @Override
        void run() throws ToolException {
            List<Row> rows = rows();
            if (json()) {
                printJson(rows);
                return;
            }
            List<UptimeTable.Row> table =
                    rows.stream()
                            .map(d ->
                                    new UptimeTable.Row(
                                            d.name(),
                                            (int) d.number("domid"),
                                            d.number("uptime_seconds")))
                            .toList();
            String now = timeOfDay();
            out().print(brief ? UptimeTable.brief(table, now) : UptimeTable.of(table));
            out().flush();
        }
    }

    @Command(
            name = "domid",
            mixinStandardHelpOptions = true,
            description = "The number of a domain.")
    static final class Domid extends XlCommand {
        @Parameters(paramLabel = "NAME")
        private String name = "";

        @Override
        void run() throws ToolException {
            out().println(domain(name).number("domid"));
        }
    }

    @Command(
            name = "domname",
            mixinStandardHelpOptions = true,
            description = "The name of a domain.")
    static final class Domname extends XlCommand {
        @Parameters(paramLabel = "DOMID")
        private String number = "";

        @Override
        void run() throws ToolException {
            out().println(domain(number).name());
        }
    }
}
