package xenolith.toolstack.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The bridges of a host with their ports, for people ({@code xenolith network}) and programs. */
public final class NetworkTable {
    /**
     * A port.
     *
     * @param name such as vif1.0, vif0.0 or peth0
     * @param end what is at the link's other end
     * @param carrier whether it is there
     */
    public record Row(String bridge, String name, String end, boolean carrier, Counters counters) {}

    private NetworkTable() {}

    /** All ports. On the host's thread. */
    public static List<Row> rows(Network network) {
        List<Row> rows = new ArrayList<>();
        for (Bridge bridge : network.bridges()) {
            for (Port port : bridge.ports()) {
                rows.add(
                        new Row(
                                bridge.name(),
                                port.name(),
                                port.describe(),
                                port.carrier(),
                                port.counters()));
            }
        }
        return rows;
    }

    /** {@code row} as a JSON document has it. */
    public static Map<String, Object> document(Row row) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("bridge", row.bridge());
        all.put("port", row.name());
        all.put("end", row.end());
        all.put("carrier", row.carrier());
        all.put("rx_frames", row.counters().rxFrames());
        all.put("rx_bytes", row.counters().rxBytes());
        all.put("rx_dropped", row.counters().rxDropped());
        all.put("rx_errors", row.counters().rxErrors());
        all.put("tx_frames", row.counters().txFrames());
        all.put("tx_bytes", row.counters().txBytes());
        all.put("tx_dropped", row.counters().txDropped());
        return all;
    }

    /** {@code rows} as a table with a line of titles. */
    public static String text(List<Row> rows) {
        String format = "%-10s %-12s %-4s %10s %13s %8s %10s %13s %8s  %s%n";
        StringBuilder text = new StringBuilder();
        text.append(
                format.formatted(
                        "Bridge",
                        "Port",
                        "Link",
                        "RX frames",
                        "RX bytes",
                        "dropped",
                        "TX frames",
                        "TX bytes",
                        "dropped",
                        "Other end"));
        for (Row row : rows) {
            Counters c = row.counters();
            text.append(
                    String.format(
                            Locale.ROOT,
                            format,
                            row.bridge(),
                            row.name(),
                            row.carrier() ? "up" : "down",
                            c.rxFrames(),
                            c.rxBytes(),
                            c.rxDropped() + c.rxErrors(),
                            c.txFrames(),
                            c.txBytes(),
                            c.txDropped(),
                            row.end()));
        }
        return text.toString();
    }
}
