package xenolith.toolstack.xenbus;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.xenstore.Store;
import xenolith.toolstack.xenstore.StoreWatch;

/**
 * The back end's part in the states of a device (public/io/xenbus.h, and for block devices the
 * diagrams of public/io/blkif.h): it follows the state that the front end writes, connects again
 * after a front end closed and started anew, and goes for good when it is unplugged or its nodes
 * are removed. On the host's thread, but for the two futures and {@link #describe}.
 */
public final class Backend {
    private final Store store;
    private final DeviceAddress address;
    private final BackendDriver driver;
    private final Consumer<String> log;
    private final BackendNodes nodes;
    private final CompletableFuture<Void> connected = new CompletableFuture<>();
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final List<StoreWatch> watches = new ArrayList<>();
    private volatile XenbusState state = XenbusState.INITIALISING;

    /** The front end's state that was looked at last: for messages on other threads. */
    private volatile XenbusState seen = XenbusState.UNKNOWN;

    /** Whether the driver is connected. */
    private boolean attached;

    private boolean disconnecting;
    private boolean unplugging;
    private boolean leaving;

    /**
     * A back end whose nodes and whose front end's nodes {@link DeviceNodes} has written.
     *
     * @param log is told what a user may want to know, one sentence each
     */
    public Backend(Store store, DeviceAddress address, BackendDriver driver, Consumer<String> log) {
        this.store = store;
        this.address = address;
        this.driver = driver;
        this.log = log;
        this.nodes = new BackendNodes(store, address);
        driver.publish(nodes);
        go(XenbusState.INIT_WAIT);
        watch(address.frontend() + "/state");
        watch(address.backend() + "/online");
    }

    private void watch(String path) {
        StoreWatch watch = store.watch(path, changed -> follow());
        watches.add(watch);
        if (leaving) {
            watch.close();
        }
    }

    public DeviceAddress address() {
        return address;
    }

    /** The back end's own state. */
    public XenbusState state() {
        return state;
    }

    /** The state that the front end has written. */
    public XenbusState frontendState() {
        return XenbusState.of(store.read(address.frontend() + "/state"));
    }

    /** Is complete once the ends have been connected for the first time. */
    public CompletableFuture<Void> connected() {
        return connected;
    }

    /** Is complete once the device is gone and has given up what it had. */
    public CompletableFuture<Void> gone() {
        return gone;
    }

    /** Both ends' states, for a message such as that of a time-out. From any thread. */
    public String describe() {
        return address + ": back end " + state + ", front end " + seen;
    }

    /**
     * Asks the front end to let go of the device, as xl does for block-detach: {@link #gone} tells
     * when it has. A front end that uses the device may refuse as long as it likes.
     */
    public void unplug() {
        unplugging = true;
        nodes.write("online", 0);
        XenbusState other = frontendState();
        if (other == XenbusState.CONNECTED || other == XenbusState.INITIALISED) {
            go(XenbusState.CLOSING);
        } else {
            remove();
        }
    }

    /** Ends the device whatever the front end does: its domain is gone, or the user insists. */
    public void remove() {
        if (!leaving) {
            leaving = true;
            if (!disconnecting) {
                disconnect();
            }
        }
    }

    private void go(XenbusState next) {
        state = next;
        nodes.write("state", next.value());
    }

    /** Does what the front end's state asks for. */
    private void follow() {
        seen = frontendState();
        if (leaving || disconnecting) {
            return;
        }
        if (store.read(address.backend() + "/online") == null) {
            remove();
            return;
        }
        String written = store.read(address.frontend() + "/state");
        switch (XenbusState.of(written)) {
            case INITIALISING -> {
                if (state == XenbusState.CLOSED) {
                    driver.publish(nodes);
                    go(XenbusState.INIT_WAIT);
                }
            }
            case INITIALISED, CONNECTED -> connect();
            case CLOSING -> {
                if (attached) {
                    disconnect();
                } else if (state.compareTo(XenbusState.CLOSING) < 0) {
                    go(XenbusState.CLOSING);
                }
            }
            case CLOSED -> {
                if (unplugging) {
                    remove();
                } else if (attached) {
                    disconnect();
                } else if (state != XenbusState.CLOSED) {
                    go(XenbusState.CLOSED);
                }
            }
            case UNKNOWN -> {
                if (written == null) {
                    remove();
                }
            }
            case RECONFIGURING -> reconfigure();
            case INIT_WAIT, RECONFIGURED -> {}
        }
    }

    /** Once the front end is Connected again, so is the back end. */
    private void reconfigure() {
        if (state == XenbusState.CONNECTED) {
            try {
                driver.reconfigure(new FrontendNodes(store, address.frontend()));
                go(XenbusState.RECONFIGURED);
            } catch (XenbusException e) {
                fail(e.getMessage());
            }
        }
    }

    private void connect() {
        if (state == XenbusState.RECONFIGURED) {
            go(XenbusState.CONNECTED);
        }
        if (state != XenbusState.INIT_WAIT) {
            return;
        }
        try {
            driver.connect(new FrontendNodes(store, address.frontend()), nodes);
        } catch (XenbusException | ControlException e) {
            fail(e.getMessage());
            return;
        }
        attached = true;
        go(XenbusState.CONNECTED);
        connected.complete(null);
    }

    /** As xenbus_dev_fatal of Linux: the reason goes to the store, the device to Closing. */
    private void fail(@Nullable String why) {
        log.accept(address + " cannot connect: " + why);
        store.write(address.error(), "22 " + why, "n0");
        go(XenbusState.CLOSING);
    }

    private void disconnect() {
        disconnecting = true;
        if (state != XenbusState.CLOSING && nodes.read("state") != null) {
            go(XenbusState.CLOSING);
        }
        driver.disconnect(this::disconnected);
    }

    private void disconnected() {
        disconnecting = false;
        attached = false;
        if (leaving) {
            leave();
        } else {
            follow();
        }
    }

    private void leave() {
        watches.forEach(StoreWatch::close);
        watches.clear();
        state = XenbusState.CLOSED;
        driver.close(() -> {
            DeviceNodes.remove(store, address);
            store.remove(address.error());
            gone.complete(null);
        });
    }
}
