package xenolith.toolstack.text;

import java.util.List;

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
                new StringBuilder(Texts.format("%-33s %4s %s\n", "Name", "ID", "Uptime"));
        for (Row row : rows) {
            text.append(
                    Texts.format(
                            "%-33s %4d %s\n", row.name, row.domid, duration(row.seconds, true)));
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
                    Texts.format(
                            " %s up %s, %s (%d)\n",
                            now, duration(row.seconds, false), row.name, row.domid));
        }
        return text.toString();
    }

    private static String duration(long seconds, boolean exact) {
        long days = seconds / 86400;
        String before = days > 1 ? days + " days, " : days == 1 ? "1 day, " : "";
        String time = Texts.format("%2d:%02d", seconds % 86400 / 3600, seconds % 3600 / 60);
        return before + time + (exact ? Texts.format(":%02d", seconds % 60) : "");
    }
}
