package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.List;

/**
 * A node of the tree, immutable.
 *
 * @param children their names in order of making
 * @param generation a number that no other state of any node has
 */
record Node(byte[] value, Permissions permissions, List<String> children, long generation) {
    /** What xenstored's record of a node has besides the rest, in bytes. */
    private static final int HEADER = 24;

    private static final int PERMISSION = 8;

    /** A new node, empty. */
    static Node empty(Permissions permissions) {
        return new Node(new byte[0], permissions, List.of(), 0);
    }

    Node withValue(byte[] changed) {
        return new Node(changed, permissions, children, generation);
    }

    Node withPermissions(Permissions changed) {
        return new Node(value, changed, children, generation);
    }

    Node withGeneration(long changed) {
        return new Node(value, permissions, children, changed);
    }

    Node withChild(String name) {
        List<String> changed = new ArrayList<>(children.size() + 1);
        changed.addAll(children);
        changed.add(name);
        return new Node(value, permissions, changed, generation);
    }

    Node withoutChild(String name) {
        List<String> changed = new ArrayList<>(children);
        changed.remove(name);
        return new Node(value, permissions, changed, generation);
    }

    /** Bytes of the names of the children, each with a NUL. */
    int childrenLength() {
        int length = children.size();
        for (String child : children) {
            length += child.length();
        }
        return length;
    }

    /** Bytes by which it counts. */
    int size() {
        return HEADER + PERMISSION * permissions.entries().size() + value.length + childrenLength();
    }
}
