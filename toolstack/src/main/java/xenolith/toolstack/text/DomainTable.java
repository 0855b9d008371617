package xenolith.toolstack.text;

import java.util.List;
import java.util.Locale;

/** {@code xl list}, and with the option -v. */
public final class DomainTable {
    private DomainTable() {}

    /**
     * Columns that the options -v, -Z, -c and -n add.
     *
     * @param verbose UUIDs, reasons of shutdowns and security labels
     * @param context security labels
     * @param pool the pool of physical CPUs
     * @param numa the nodes of memory
     */
    public record Columns(boolean verbose, boolean context, boolean pool, boolean numa) {
        /** None. */
        public static final Columns NONE = new Columns(false, false, false, false);

        private String heading() {
            return (verbose ? "   UUID                            Reason-Code\tSecurity Label" : "")
                    + (context && !verbose ? "   Security Label" : "")
                    + (pool ? "         Cpupool" : "")
                    + (numa ? " NODE Affinity" : "");
        }

        private String of(DomainRow row) {
            String reason =
                    row.state()
                            .shutdown()
                            .map(r -> Integer.toHexString(DomainRow.State.code(r)))
                            .orElse("-");
            return (verbose ? String.format(Locale.ROOT, " %s %8s", row.uuid(), reason) : "")
                    + (verbose || context ? String.format(Locale.ROOT, " %16s", "-") : "")
                    + (pool ? String.format(Locale.ROOT, "%16s", "Pool-0") : "")
                    + (numa ? " all" : "");
        }
    }

    /** The table with its heading, a line a domain, each ended by a line feed. */
    public static String of(List<DomainRow> rows, boolean verbose) {
        return of(rows, new Columns(verbose, false, false, false));
    }

    /** The table with its heading and with {@code more}. */
    public static String of(List<DomainRow> rows, Columns more) {
        StringBuilder text =
                new StringBuilder(
                        "Name                                        ID   Mem VCPUs\tState\tTime(s)");
        text.append(more.heading()).append('\n');
        for (DomainRow row : rows) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%-40s %5d %5d %5d     %s  %8s",
                            row.name(),
                            row.domid(),
                            row.memoryKib() / 1024,
                            row.vcpus(),
                            row.state().letters(),
                            Texts.seconds(row.cpuNanos())));
            text.append(more.of(row));
            text.append('\n');
        }
        return text.toString();
    }

    /** {@code xl vm-list}. */
    public static String vmList(List<DomainRow> rows) {
        StringBuilder text =
                new StringBuilder("UUID                                  ID    name\n");
        for (DomainRow row : rows) {
            text.append(
                    String.format(
                            Locale.ROOT, "%s  %d    %-30s\n", row.uuid(), row.domid(), row.name()));
        }
        return text.toString();
    }
}
