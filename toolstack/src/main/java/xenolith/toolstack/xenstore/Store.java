package xenolith.toolstack.xenstore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tree of a host, for the tools and for each guest's {@link Connection}. To be used on the
 * host's thread only.
 */
public final class Store implements StoreAccess {
    /** The special path whose watches fire when a domain is introduced. */
    public static final String INTRODUCE_DOMAIN = "@introduceDomain";

    /** The special path whose watches fire when a domain has shut down or is gone. */
    public static final String RELEASE_DOMAIN = "@releaseDomain";

    private final View.Generations generations = new View.Generations();
    private final List<Connection> connections = new ArrayList<>();
    private final List<StoreWatch> watches = new ArrayList<>();
    private final Deque<Runnable> events = new ArrayDeque<>();
    private boolean telling;
    private Node root =
            View.empty(new Permissions(List.of(new Permissions.Entry('n', 0))), generations.next());

    @Override
    public @Nullable String read(String path) {
        return new StoreTransaction(view()).read(path);
    }

    @Override
    public List<String> directory(String path) {
        return new StoreTransaction(view()).directory(path);
    }

    @Override
    public @Nullable Permissions permissions(String path) {
        return new StoreTransaction(view()).permissions(path);
    }

    @Override
    public void write(String path, String value) {
        transact(t -> t.write(path, value));
    }

    @Override
    public void write(String path, String value, String... permissions) {
        transact(t -> t.write(path, value, permissions));
    }

    @Override
    public void permit(String path, String... permissions) {
        transact(t -> t.permit(path, permissions));
    }

    @Override
    public void remove(String path) {
        transact(t -> t.remove(path));
    }

    /**
     * Does {@code work} as one change: watches fire when it is done, and if it throws, nothing was
     * changed. Since the host's thread does nothing else meanwhile, there is no conflict to try
     * again.
     *
     * @return what {@code work} answers
     */
    public <T extends @Nullable Object> T transaction(Function<StoreAccess, T> work) {
        View view = view();
        T answer = work.apply(new StoreTransaction(view));
        if (!commit(view)) {
            throw new IllegalStateException("the store changed within a transaction");
        }
        return answer;
    }

    /** As {@link #transaction}, with nothing to answer. */
    public void transact(Consumer<StoreAccess> work) {
        transaction(access -> {
            work.accept(access);
            return true;
        });
    }

    /**
     * Tells {@code listener} of changes of {@code path} and of all below it, or of the special
     * events {@link #INTRODUCE_DOMAIN} and {@link #RELEASE_DOMAIN}. It is called once at once.
     */
    public StoreWatch watch(String path, StoreWatch.Listener listener) {
        StoreWatch watch = new StoreWatch(this, path, listener);
        watches.add(watch);
        events.add(() -> watch.tell(path));
        tell();
        return watch;
    }

    void unwatch(StoreWatch watch) {
        watches.remove(watch);
    }

    /** Tells the watches of {@code name}, a special path. */
    void special(String name) {
        for (Connection c : List.copyOf(connections)) {
            c.special(name);
        }
        for (StoreWatch w : watches) {
            if (w.path().equals(name)) {
                events.add(() -> w.tell(name));
            }
        }
        tell();
    }

    View view() {
        return new View(root, generations);
    }

    Node root() {
        return root;
    }

    void connect(Connection connection) {
        connections.add(connection);
    }

    void disconnect(Connection connection) {
        connections.remove(connection);
    }

    /**
     * Makes the changes of {@code view} those of the store and fires watches.
     *
     * @return whether it could be: false if something it looked at has changed since it began
     */
    boolean commit(View view) {
        if (view.conflictsWith(root)) {
            return false;
        }
        Node before = root;
        root = view.replayOn(root);
        for (Map.Entry<String, Boolean> change : view.changed().entrySet()) {
            String path = change.getKey();
            boolean removed = change.getValue();
            for (Connection c : List.copyOf(connections)) {
                c.fire(path, removed, before, root);
            }
            for (StoreWatch w : watches) {
                String told = Watch.told(w.path(), path, removed, before);
                if (told != null) {
                    events.add(() -> w.tell(told));
                }
            }
        }
        tell();
        return true;
    }

    /** Tells the toolstack's listeners, one event after another. */
    private void tell() {
        if (telling) {
            return;
        }
        telling = true;
        try {
            for (Runnable event; (event = events.poll()) != null; ) {
                event.run();
            }
        } finally {
            telling = false;
        }
        for (Connection c : List.copyOf(connections)) {
            c.flush();
        }
    }
}
