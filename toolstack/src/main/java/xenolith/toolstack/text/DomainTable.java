package xenolith.toolstack.text;

import java.util.List;
import java.util.Locale;

/** {@code xl list}, and with the option -v. */
public final class DomainTable {
    private DomainTable() {}

    /** The table with its heading, a line a domain, each ended by a line feed. */
    public static String of(List<DomainRow> rows, boolean verbose) {
        StringBuilder text =
                new StringBuilder(
                        "Name                                        ID   Mem VCPUs\tState\tTime(s)");
        if (verbose) {
            text.append("   UUID                            Reason-Code\tSecurity Label");
        }
        text.append('\n');
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
            if (verbose) {
                String reason =
                        row.state()
                                .shutdown()
                                .map(r -> Integer.toHexString(DomainRow.State.code(r)))
                                .orElse("-");
                text.append(String.format(Locale.ROOT, " %s %8s %16s", row.uuid(), reason, "-"));
            }
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
