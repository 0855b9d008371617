package xenolith.toolstack.xenstore;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All nodes by path, as everybody sees them, charged to their owners. */
final class Database {
    private final Map<String, Node> nodes = new HashMap<>();
    private final Domains domains;

    Database(Domains domains) {
        this.domains = domains;
        domains.make(0);
        put("/", Node.empty(Permissions.PRIVATE));
    }

    @Nullable Node get(String path) {
        Node node = nodes.get(path);
        return node == null ? null : domains.current(node);
    }

    /** Stores {@code node}, with a new generation. */
    Node put(String path, Node node) {
        Node stored = node.withGeneration(domains.nextGeneration());
        Node old = nodes.put(path, stored);
        if (old != null) {
            account(path, old, -1);
        }
        account(path, stored, 1);
        return stored;
    }

    void remove(String path) {
        Node old = nodes.remove(path);
        if (old != null) {
            domains.nextGeneration();
            account(path, old, -1);
        }
    }

    private void account(String path, Node node, int sign) {
        int owner = node.permissions().owner();
        StoreDomain d = domains.find(owner);
        if (d != null) {
            d.nodes += sign;
            domains.charge(owner, sign * (node.size() + path.length()));
        }
    }

    /** Sorted by path, so that parents come before their children. */
    Map<String, Node> sorted() {
        return new TreeMap<>(nodes);
    }
}
