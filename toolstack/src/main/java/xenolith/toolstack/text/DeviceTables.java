package xenolith.toolstack.text;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.StoreAccess;

/** {@code xl block-list} and {@code xl network-list}, read from the store as libxl does. */
public final class DeviceTables {
    private DeviceTables() {}

    /** The disks of the domains {@code domids}, with the heading. On the host's thread. */
    public static String blocks(StoreAccess store, List<Integer> domids) {
        StringBuilder text =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n",
                                "Vdev",
                                "BE",
                                "handle",
                                "state",
                                "evt-ch",
                                "ring-ref",
                                "BE-path"));
        for (int domid : domids) {
            for (Device d : Device.of(store, domid, "vbd")) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%-5d %-3d %-6d %-5d %-6d %-8d %-30s\n",
                                d.devid,
                                d.backendId(),
                                domid,
                                d.number("state"),
                                d.number("event-channel"),
                                d.number("ring-ref"),
                                d.backend));
            }
        }
        return text.toString();
    }

    /** The network cards of the domains {@code domids}, with the heading. On the host's thread. */
    public static String networks(StoreAccess store, List<Integer> domids) {
        StringBuilder text =
                new StringBuilder(
                        String.format(
                                Locale.ROOT,
                                "%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-5s %-30s\n",
                                "Idx",
                                "BE",
                                "Mac Addr.",
                                "handle",
                                "state",
                                "evt-ch",
                                "tx-",
                                "rx-ring-ref",
                                "BE-path"));
        for (int domid : domids) {
            for (Device d : Device.of(store, domid, "vif")) {
                text.append(
                        String.format(
                                Locale.ROOT,
                                "%-3d %-2d %s%6d %5d %6d %5d/%-11d %-30s\n",
                                d.devid,
                                d.backendId(),
                                store.read(d.libxl + "/mac", "00:00:00:00:00:00"),
                                d.devid,
                                d.number("state"),
                                d.number("event-channel"),
                                d.number("tx-ring-ref"),
                                d.number("rx-ring-ref"),
                                d.backend));
            }
        }
        return text.toString();
    }

    /** A device of a domain, by its nodes below /libxl. */
    private record Device(
            StoreAccess store, int devid, String libxl, String frontend, String backend) {
        static List<Device> of(StoreAccess store, int domid, String type) {
            String all = "/libxl/" + domid + "/device/" + type;
            return store.directory(all).stream()
                    .filter(name -> name.matches("[0-9]{1,9}"))
                    .map(name -> {
                        String libxl = all + "/" + name;
                        return new Device(
                                store,
                                Integer.parseInt(name),
                                libxl,
                                store.read(libxl + "/frontend", ""),
                                store.read(libxl + "/backend", ""));
                    })
                    .toList();
        }

        int backendId() {
            String[] names = backend.split("/", -1);
            return names.length > 3 ? parse(names[3]) : -1;
        }

        /** A number that the front end wrote, or -1; a guest may have written anything there. */
        int number(String name) {
            return parse(store.read(frontend + "/" + name));
        }

        private static int parse(@Nullable String text) {
            return text != null && text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
        }
    }
}
