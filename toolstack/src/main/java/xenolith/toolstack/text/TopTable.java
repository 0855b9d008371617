package xenolith.toolstack.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code xl top}, as xentop prints it. */
public final class TopTable {
    private static final int NAME_WIDTH = 10;

    private static final String[] HEADINGS = {
        "NAME",
        "STATE",
        "CPU(sec)",
        "CPU(%)",
        "MEM(k)",
        "MEM(%)",
        "MAXMEM(k)",
        "MAXMEM(%)",
        "VCPUS",
        "NETS",
        "NETTX(k)",
        "NETRX(k)",
        "VBDS",
        "VBD_OO",
        "VBD_RD",
        "VBD_WR",
        "VBD_RSECT",
        "VBD_WSECT",
        "SSID"
    };

    private static final int[] WIDTHS = {
        NAME_WIDTH, 6, 10, 6, 10, 6, 10, 9, 5, 4, 8, 8, 4, 8, 8, 8, 10, 10, 4
    };

    private TopTable() {}

    /**
     * A domain.
     *
     * @param cpuPercent of one physical CPU since the table before
     * @param maxMemoryKib what it may have; empty if there is no limit
     */
    public record Row(
            DomainRow domain,
            double cpuPercent,
            Optional<Long> maxMemoryKib,
            Networks networks,
            Disks disks) {}

    /**
     * The traffic of a domain's network cards.
     *
     * @param sent bytes that the domain sent; {@code received} those that it was sent
     */
    public record Networks(int cards, long sent, long received) {}

    /**
     * The traffic of a domain's disks.
     *
     * @param outOfOrder times that the back end could not take a request at once
     * @param read requests to read; {@code written} to write
     * @param sectorsRead sectors of 512 bytes; {@code sectorsWritten} likewise
     */
    public record Disks(
            int disks,
            long outOfOrder,
            long read,
            long written,
            long sectorsRead,
            long sectorsWritten) {}

    /**
     * The machine.
     *
     * @param version such as "4.17.7"
     * @param totalKib memory of the machine
     */
    public record Machine(String version, long totalKib, long freeKib, int cpus, int mhz) {}

    /**
     * The lines above the table.
     *
     * @param time of day, such as "12:34:56"
     */
    public static String summary(Machine machine, List<Row> rows, String time) {
        int[] counts = new int[6];
        for (Row row : rows) {
            int kind = "rbpcds".indexOf(kind(row.domain().state().topLetters()));
            if (kind >= 0) {
                counts[kind]++;
            }
        }
        return String.format(
                Locale.ROOT,
                "xentop - %s   Xen %s\n"
                        + "%d domains: %d running, %d blocked, %d paused, %d crashed, %d dying, %d"
                        + " shutdown \n"
                        + "Mem: %dk total, %dk used, %dk free    CPUs: %d @ %dMHz\n",
                time,
                machine.version,
                rows.size(),
                counts[0],
                counts[1],
                counts[2],
                counts[3],
                counts[4],
                counts[5],
                machine.totalKib,
                machine.totalKib - machine.freeKib,
                machine.freeKib,
                machine.cpus,
                machine.mhz);
    }

    /** The first state that counts, of those that a domain is in. */
    private static char kind(String letters) {
        for (char c : new char[] {'r', 'b', 'p', 's', 'c', 'd'}) {
            if (letters.indexOf(c) >= 0) {
                return c;
            }
        }
        return '-';
    }

    /** The table with its heading; columns are as wide as they must be. */
    public static String of(Machine machine, List<Row> rows, boolean fullNames) {
        List<String[]> lines = new ArrayList<>();
        lines.add(HEADINGS);
        rows.forEach(r -> lines.add(cells(machine, r, fullNames)));
        int[] widths = WIDTHS.clone();
        for (String[] line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] line : lines) {
            for (int i = 0; i < widths.length; i++) {
                text.append(i == 0 ? "" : " ")
                        .append(String.format(Locale.ROOT, "%" + widths[i] + "s", line[i]));
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String[] cells(Machine machine, Row row, boolean fullNames) {
        DomainRow d = row.domain;
        String name = d.name();
        Object[] cells = {
            fullNames ? name : name.substring(0, Math.min(NAME_WIDTH, name.length())),
            d.state().topLetters(),
            d.cpuNanos() / 1_000_000_000,
            String.format(Locale.ROOT, "%.1f", row.cpuPercent),
            d.memoryKib(),
            percent(d.memoryKib(), machine),
            row.maxMemoryKib.map(Object::toString).orElse("no limit"),
            row.maxMemoryKib.map(m -> percent(m, machine)).orElse("n/a"),
            d.vcpus(),
            row.networks.cards,
            row.networks.sent / 1024,
            row.networks.received / 1024,
            row.disks.disks,
            row.disks.outOfOrder,
            row.disks.read,
            row.disks.written,
            row.disks.sectorsRead,
            row.disks.sectorsWritten,
            0
        };
        return Arrays.stream(cells).map(String::valueOf).toArray(String[]::new);
    }

    private static String percent(long kib, Machine machine) {
        return String.format(Locale.ROOT, "%.1f", 100.0 * kib / machine.totalKib);
    }
}
