package xenolith.toolstack.xenstore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who is told of what, and when: after the change, one event after another. */
final class Events {
    private final Database database;
    private final StoreHost host;
    private final WatchIndex watches = new WatchIndex();
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final Set<Connection> toFlush = new LinkedHashSet<>();
    private boolean telling;

    Events(Database database, StoreHost host) {
        this.database = database;
        this.host = host;
    }

    WatchIndex watches() {
        return watches;
    }

    /** A watch of the toolstack. */
    StoreWatch watch(String path, StoreWatch.Listener listener) {
        StoreWatch watch = new StoreWatch(path, listener);
        WatchIndex.Entry entry =
                watches.add(path, Caller.TOOLS, (changed, cause) -> later(watch, changed));
        watch.onClose(() -> watches.remove(entry));
        later(watch, path);
        tell();
        return watch;
    }

    private void later(StoreWatch watch, String changed) {
        waiting.add(() -> {
            try {
                watch.tell(changed);
            } catch (RuntimeException e) {
                host.failed(watch.path(), e);
            }
        });
    }

    /** Tells the watches of {@code name}, a special path. */
    void special(String name, Permissions permissions) {
        for (WatchIndex.Entry w : watches.matching(name, true)) {
            if (w.caller().mayRead(permissions)) {
                w.receiver().changed(name, null);
            }
        }
    }

    /** As the other one, of a change that no domain is charged for. */
    void fire(String path, @Nullable Node node, boolean exact, @Nullable Permissions old) {
        fire(path, node, exact, old, null);
    }

    /** Tells watches of a change; see {@link View.Told}. */
    void fire(
            String path,
            @Nullable Node node,
            boolean exact,
            @Nullable Permissions old,
            @Nullable Outstanding cause) {
        for (WatchIndex.Entry w : watches.matching(path, exact)) {
            if (mayKnow(w.caller(), path, node, old)) {
                w.receiver().changed(path, cause);
            }
        }
    }

    /** Whether {@code caller} may or might read the node, or what is above it. */
    private boolean mayKnow(
            Caller caller, String path, @Nullable Node node, @Nullable Permissions old) {
        if (old != null && caller.mayRead(old)) {
            return true;
        }
        if (node == null) {
            return false;
        }
        if (caller.mayRead(node.permissions())) {
            return true;
        }
        Node parent = database.get(StorePath.parent(path));
        return parent != null && caller.mayRead(parent.permissions());
    }

    /** Has {@code connection} moved at the next {@link #tell}. */
    void flushLater(Connection connection) {
        toFlush.add(connection);
    }

    /**
     * Tells the toolstack's listeners, one event after another, and moves messages to clients. Does
     * nothing if it is doing so already.
     */
    void tell() {
        if (telling) {
            return;
        }
        telling = true;
        try {
            while (!waiting.isEmpty() || !toFlush.isEmpty()) {
                for (Runnable event; (event = waiting.poll()) != null; ) {
                    event.run();
                }
                List<Connection> connections = new ArrayList<>(toFlush);
                toFlush.clear();
                connections.forEach(Connection::flush);
            }
        } finally {
            telling = false;
        }
    }
}
