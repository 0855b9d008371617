package xenolith.toolstack.text;

import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** {@code xl vcpu-list}. */
public final class VcpuTable {
    private VcpuTable() {}

    /**
     * A virtual CPU.
     *
     * @param cpu the physical one that it runs on or ran on last
     * @param nanos time it has run
     * @param hard physical CPUs it may run on
     * @param soft physical CPUs it should run on
     */
    public record Row(
            String name,
            int domid,
            int vcpu,
            boolean online,
            int cpu,
            boolean running,
            boolean blocked,
            long nanos,
            BitSet hard,
            BitSet soft) {
        public Row {
            hard = (BitSet) hard.clone();
            soft = (BitSet) soft.clone();
        }
    }

    /**
     * The table with its heading.
     *
     * @param cpus physical CPUs there are
     */
    public static String of(List<Row> rows, int cpus) {
        StringBuilder text =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "%-32s %5s %5s %5s %5s %9s %s\n",
                                "Name",
                                "ID",
                                "VCPU",
                                "CPU",
                                "State",
                                "Time(s)",
                                "Affinity (Hard / Soft)"));
        for (Row row : rows) {
            String state =
                    row.online
                            ? "" + (row.running ? 'r' : '-') + (row.blocked ? 'b' : '-') + "-"
                            : "--p";
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%-32s %5d %5d%5s   %s %9s  %s / %s\n",
                            row.name,
                            row.domid,
                            row.vcpu,
                            row.online ? Integer.toString(row.cpu) : "-",
                            state,
                            Texts.seconds(row.nanos),
                            Texts.ranges(row.hard, cpus),
                            Texts.ranges(row.soft, cpus)));
        }
        return text.toString();
    }
}
