package xenolith.toolstack.xenstore;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tree of a host, for the tools and for each guest's {@link Connection}. Not safe for use by
 * several threads at once: requests of guests come on their domain's thread.
 */
public final class Store {
    private final View.Generations generations = new View.Generations();
    private final List<Connection> connections = new ArrayList<>();
    private Node root =
            View.empty(new Permissions(List.of(new Permissions.Entry('n', 0))), generations.next());

    /** The value of {@code path} as text, or null. For tools. */
    public @Nullable String read(String path) {
        Node node = View.find(root, path);
        return node == null ? null : new String(node.value(), StandardCharsets.UTF_8);
    }

    /** The names below {@code path}; none if it is not there. For tools. */
    public List<String> directory(String path) {
        Node node = View.find(root, path);
        return node == null ? List.of() : List.copyOf(node.children().keySet());
    }

    /** Writes {@code value} to {@code path} as domain 0. For tools. */
    public void write(String path, String value) {
        try {
            View view = view();
            view.write(path, value.getBytes(StandardCharsets.UTF_8), 0);
            commit(view);
        } catch (XenstoreError e) {
            throw new IllegalStateException(path, e);
        }
    }

    /** As {@link #write}, with permissions such as "n0", "r1". */
    public void write(String path, String value, String... permissions) {
        try {
            View view = view();
            view.write(path, value.getBytes(StandardCharsets.UTF_8), 0);
            view.permit(path, Permissions.of(List.of(permissions)), 0);
            commit(view);
        } catch (XenstoreError e) {
            throw new IllegalStateException(path, e);
        }
    }

    /** Removes {@code path} and all below, as domain 0. */
    public void remove(String path) {
        try {
            View view = view();
            view.remove(path, 0);
            commit(view);
        } catch (XenstoreError e) {
            throw new IllegalStateException(path, e);
        }
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
            for (Connection c : List.copyOf(connections)) {
                c.fire(change.getKey(), change.getValue(), before, root);
            }
        }
        return true;
    }
}
