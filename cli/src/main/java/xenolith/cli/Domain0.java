package xenolith.cli;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.text.DomainRow;
import xenolith.toolstack.text.VcpuTable;

/** Domain 0 in lists: the host's own process, which owns no machine memory. */
final class Domain0 {
    private static final String NAME = "Domain-0";

    /** SHUTDOWN_* of public/sched.h. */
    private static final List<ShutdownReason> REASONS = List.of(ShutdownReason.values());

    private Domain0() {}

    /** A domain as the host's documents describe it. */
    record Row(Map<String, Object> json) {
        String name() {
            return String.valueOf(json.get("name"));
        }

        long number(String key) {
            return json.get(key) instanceof Number n ? n.longValue() : 0;
        }

        double real(String key) {
            return json.get(key) instanceof Number n ? n.doubleValue() : 0;
        }

        String text(String key) {
            return String.valueOf(json.getOrDefault(key, ""));
        }

        boolean truth(String key) {
            return Boolean.TRUE.equals(json.get(key));
        }

        /** As xl's tables have it. */
        DomainRow domain() {
            String letters = text("state");
            Optional<ShutdownReason> shutdown =
                    json.containsKey("shutdown_reason")
                            ? Optional.of(REASONS.get((int) number("shutdown_reason")))
                            : Optional.empty();
            DomainRow.State state =
                    new DomainRow.State(
                            letters.startsWith("r"),
                            letters.startsWith("b", 1),
                            letters.startsWith("p", 2),
                            shutdown,
                            false);
            return new DomainRow(
                    name(),
                    (int) number("domid"),
                    UUID.fromString(text("uuid")),
                    number("memory_kib"),
                    (int) number("vcpus"),
                    state,
                    nanos(this));
        }

        /** Its virtual CPUs as xl's table has them. */
        List<VcpuTable.Row> vcpus() {
            BitSet all = new BitSet();
            all.set(0);
            return list("vcpu_list").stream()
                    .map(v ->
                            new VcpuTable.Row(
                                    name(),
                                    (int) number("domid"),
                                    (int) v.number("id"),
                                    v.truth("online"),
                                    0,
                                    v.truth("running"),
                                    v.truth("blocked"),
                                    nanos(v),
                                    all,
                                    all))
                    .toList();
        }

        private static long nanos(Row row) {
            return (long) (row.real("cpu_seconds") * 1e9);
        }

        List<Row> list(String key) {
            List<Row> rows = new ArrayList<>();
            if (json.get(key) instanceof List<?> all) {
                all.forEach(one -> rows.add(new Row(XlCommand.object(one))));
            }
            return rows;
        }
    }

    static boolean is(String name) {
        return name.equals(NAME) || name.equals("0");
    }

    /** Its row, by the document of the host. */
    static Row row(Map<String, Object> host) {
        Row h = new Row(host);
        double own = h.real("domain0_cpu_seconds");
        Map<String, Object> vcpu = new LinkedHashMap<>();
        vcpu.put("id", 0);
        vcpu.put("online", true);
        vcpu.put("running", true);
        vcpu.put("blocked", false);
        vcpu.put("cpu_seconds", own);
        Map<String, Object> m = new LinkedHashMap<>();
        m.put("name", NAME);
        m.put("domid", 0);
        m.put("uuid", "00000000-0000-0000-0000-000000000000");
        m.put("memory_kib", 0);
        m.put("max_memory_kib", 0);
        m.put("vcpus", 1);
        m.put("state", "r-----");
        m.put("cpu_seconds", own);
        m.put("uptime_seconds", h.number("uptime_seconds"));
        m.put("vcpu_list", List.of(vcpu));
        return new Row(m);
    }
}
