package xenolith.toolstack.xenbus;

import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.Store;

/** The nodes of a back end, which its guest may read. */
public final class BackendNodes {
    private final Store store;
    private final DeviceAddress address;

    BackendNodes(Store store, DeviceAddress address) {
        this.store = store;
        this.address = address;
    }

    /** Sets node {@code name}. */
    public void write(String name, String value) {
        store.write(address.backend() + "/" + name, value, "n0", "r" + address.domid());
    }

    /** Sets node {@code name}. */
    public void write(String name, long value) {
        write(name, Long.toString(value));
    }

    /** The value of node {@code name}, or null. */
    public @Nullable String read(String name) {
        return store.read(address.backend() + "/" + name);
    }
}
