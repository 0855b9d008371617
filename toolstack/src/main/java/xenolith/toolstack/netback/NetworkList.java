package xenolith.toolstack.netback;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.Store;

/** The output of {@code xl network-list}: a domain's cards as the store has them. */
public final class NetworkList {
    private NetworkList() {}

    /** The line of titles. */
    public static String title() {
        return "%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s%n"
                .formatted(
                        "Idx",
                        "BE",
                        "Mac Addr.",
                        "handle",
                        "state",
                        "evt-ch",
                        "tx-",
                        "rx-ring-ref",
                        "BE-path");
    }

    /** A line for each card of domain {@code domid}. On the host's thread. */
    public static String rows(Store store, int domid) {
        StringBuilder text = new StringBuilder();
        String folder = "/libxl/" + domid + "/device/vif";
        if (!store.exists(folder)) {
            return "";
        }
        int index = 0;
        for (String devid : store.directory(folder)) {
            String frontend = "/local/domain/" + domid + "/device/vif/" + devid;
            String backend = store.read(folder + "/" + devid + "/backend");
            if (backend == null) {
                continue;
            }
            text.append(
                    String.format(
                            Locale.ROOT,
                            "%-3d %-2d %-17s %5d %5d %6d %5d/%-11d %-30s%n",
                            index++,
                            number(store.read(frontend + "/backend-id")),
                            String.valueOf(store.read(backend + "/mac")),
                            number(devid),
                            number(store.read(frontend + "/state")),
                            number(store.read(frontend + "/event-channel")),
                            number(store.read(frontend + "/tx-ring-ref")),
                            number(store.read(frontend + "/rx-ring-ref")),
                            backend));
        }
        return text.toString();
    }

    /** A node that the guest may have written: -1, as in xl, where it is no number. */
    private static long number(@Nullable String value) {
        return value != null && value.matches("[0-9]{1,10}") ? Long.parseLong(value) : -1;
    }
}
