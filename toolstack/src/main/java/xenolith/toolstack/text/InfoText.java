package xenolith.toolstack.text;

import java.util.Locale;
import java.util.Map;

/** {@code xl info}: names in a column, values behind them. */
public final class InfoText {
    private InfoText() {}

    /** A line an entry, in order. */
    public static String of(Map<String, String> entries) {
        StringBuilder text = new StringBuilder();
        entries.forEach((name, value) ->
                text.append(String.format(Locale.ROOT, "%-22s : %s\n", name, value)));
        return text.toString();
    }

    /** What {@code xl info -n} adds, of a host with one node of {@code mib} of memory. */
    public static String node(long mib, long freeMib) {
        return String.format(
                Locale.ROOT,
                """
                numa_info              :
                node:    memsize    memfree    distances
                   0:    %6d     %6d      10
                """,
                mib,
                freeMib);
    }
}
