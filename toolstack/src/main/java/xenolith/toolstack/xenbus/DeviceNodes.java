package xenolith.toolstack.xenbus;

import java.util.LinkedHashMap;
import java.util.Map;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xenstore.StoreAccess;

/**
 * The nodes of a device's two ends as xl writes them for a new device: those of the back end for
 * the guest to read, those of the front end the guest's own for domain 0 to read, and xl's copy.
 */
public final class DeviceNodes {
    private final DeviceAddress address;
    private final Map<String, String> backend = new LinkedHashMap<>();
    private final Map<String, String> frontend = new LinkedHashMap<>();

    public DeviceNodes(DeviceAddress address) {
        this.address = address;
        frontend.put("backend", address.backend());
        frontend.put("backend-id", "0");
        frontend.put("state", XenbusState.INITIALISING.value());
        backend.put("frontend", address.frontend());
    }

    /** Adds a node of the back end; xl's order is that of these calls. */
    public DeviceNodes backend(String name, String value) {
        backend.put(name, value);
        return this;
    }

    /** Adds the nodes frontend-id and online of the back end. */
    public DeviceNodes backendOnline() {
        backend.put("frontend-id", Integer.toString(address.domid()));
        backend.put("online", "1");
        return this;
    }

    /** As {@link #backendOnline}, and state right behind them. */
    public DeviceNodes backendState() {
        backendOnline();
        backend.put("state", XenbusState.INITIALISING.value());
        return this;
    }

    /** Adds a node of the front end. */
    public DeviceNodes frontend(String name, String value) {
        frontend.put(name, value);
        return this;
    }

    /** Writes all in one change. What an earlier device left there goes. */
    public void write(Store store) {
        store.transact(this::writeAll);
    }

    private void writeAll(StoreAccess store) {
        remove(store, address);
        String guest = Integer.toString(address.domid());
        String home = "/local/domain/" + guest + "/device";
        store.mkdir(home, "n0", "r" + guest);
        store.mkdir(home + "/" + address.kind(), "n0", "r" + guest);
        store.mkdir("/libxl/" + guest + "/device", "n0");
        writeEnd(store, address.libxl(), "", Map.of(), "n0");
        writeEnd(
                store,
                address.libxl(),
                "",
                Map.of("frontend", address.frontend(), "backend", address.backend()),
                "n0");
        writeEnd(store, address.libxl(), "", backend, "n0");
        writeEnd(store, address.frontend(), "", frontend, "n" + guest, "r0");
        writeEnd(store, address.backend(), "", backend, "n0", "r" + guest);
    }

    private static void writeEnd(
            StoreAccess store,
            String path,
            String value,
            Map<String, String> nodes,
            String... permissions) {
        store.write(path, value, permissions);
        nodes.forEach((name, v) -> store.write(path + "/" + name, v, permissions));
    }

    /** Removes all nodes of a device that is gone. */
    public static void remove(Store store, DeviceAddress address) {
        store.transact(t -> remove(t, address));
    }

    private static void remove(StoreAccess store, DeviceAddress address) {
        store.remove(address.frontend());
        store.remove(address.backend());
        store.remove(address.libxl());
        removeIfEmpty(store, "/local/domain/0/backend/" + address.kind() + "/" + address.domid());
    }

    private static void removeIfEmpty(StoreAccess store, String path) {
        if (store.exists(path) && store.directory(path).isEmpty()) {
            store.remove(path);
        }
    }
}
