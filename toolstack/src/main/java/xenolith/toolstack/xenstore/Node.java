package xenolith.toolstack.xenstore;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node of the tree, immutable: a change makes new nodes up to the root, so that a transaction
 * keeps the tree it saw by keeping its root.
 *
 * @param generation changes whenever value, permissions or the list of children change
 */
record Node(byte[] value, Permissions permissions, Map<String, Node> children, long generation) {
    @Nullable Node child(String name) {
        return children.get(name);
    }

    Node withValue(byte[] changed, long newGeneration) {
        return new Node(changed, permissions, children, newGeneration);
    }

    Node withPermissions(Permissions changed, long newGeneration) {
        return new Node(value, changed, children, newGeneration);
    }

    /** With {@code child} as {@code name}; the list of children is a change only if it is new. */
    Node withChild(String name, Node child, long newGeneration) {
        Map<String, Node> changed = new LinkedHashMap<>(children);
        boolean added = changed.put(name, child) == null;
        return new Node(value, permissions, changed, added ? newGeneration : generation);
    }

    Node withoutChild(String name, long newGeneration) {
        Map<String, Node> changed = new LinkedHashMap<>(children);
        changed.remove(name);
        return new Node(value, permissions, changed, newGeneration);
    }
}
