package xenolith.toolstack.text;

import java.util.List;
import java.util.Locale;

/** {@code xl uptime}, and with the option -s. */
public final class UptimeTable {
    private UptimeTable() {}

    /**
     * How long a domain lives.
     *
     * @param seconds since its start
     */
    public record Row(String name, int domid, long seconds) {}

    /** The table with its heading. */
    public static String of(List<Row> rows) {
        StringBuilder text =
                new StringBuilder(
                        String.format(Locale.ROOT, "%-33s %4s %s\n", "Name", "ID", "Uptime"));
        for (Row row : rows) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%-33s %4d %s\n",
                            row.name,
                            row.domid,
                            duration(row.seconds, true)));
        }
        return text.toString();
    }

    /**
     * A line a domain, without heading.
     *
     * @param now the time of day, such as "12:34:56"
     */
    public static String brief(List<Row> rows, String now) {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            text.append(
                    String.format(
                            Locale.ROOT,
                            " %s up %s, %s (%d)\n",
                            now,
                            duration(row.seconds, false),
                            row.name,
                            row.domid));
        }
        return text.toString();
    }

    private static String duration(long seconds, boolean exact) {
        long days = seconds / 86400;
        String before = days > 1 ? days + " days, " : days == 1 ? "1 day, " : "";
        String time =
                String.format(Locale.ROOT, "%2d:%02d", seconds % 86400 / 3600, seconds % 3600 / 60);
        return before + time + (exact ? String.format(Locale.ROOT, ":%02d", seconds % 60) : "");
    }
}
