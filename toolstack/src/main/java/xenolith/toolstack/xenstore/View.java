package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * The tree as one transaction (or a single request) sees and changes it: it starts from a root,
 * remembers what was looked at and what was done, and can do the same to another root.
 */
final class View {
    private static final int MOST_VALUE = 2048;

    private final Node base;
    private final Generations generations;
    private Node root;
    private final Set<String> touched = new LinkedHashSet<>();
    private final List<Change> changes = new ArrayList<>();
    private int created;

    /** Counts changes of the whole store. */
    static final class Generations {
        private long last;

        long next() {
            return ++last;
        }
    }

    /** Something done to a path: for the replay at the end, and for the watches. */
    private sealed interface Change {
        String path();

        record Written(String path, byte[] value, int domid) implements Change {}

        record Made(String path, int domid) implements Change {}

        record Permitted(String path, Permissions permissions) implements Change {}

        record Removed(String path) implements Change {}
    }

    View(Node base, Generations generations) {
        this.base = base;
        this.root = base;
        this.generations = generations;
    }

    Node root() {
        return root;
    }

    /** Nodes made by this view, for quotas. */
    int created() {
        return created;
    }

    @Nullable Node find(String path) {
        touched.add(path);
        return find(root, path);
    }

    static @Nullable Node find(Node root, String path) {
        Node node = root;
        for (String name : StorePath.names(path)) {
            node = node.child(name);
            if (node == null) {
                return null;
            }
        }
        return node;
    }

    /** The node {@code path} for {@code domid} to read. */
    Node readable(String path, int domid) throws XenstoreError {
        Node node = find(path);
        Node judge = node == null ? nearest(path) : node;
        if (!judge.permissions().mayRead(domid)) {
            throw new XenstoreError(Code.EACCES);
        }
        if (node == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        return node;
    }

    /** The node {@code path} or the nearest one above it. */
    private Node nearest(String path) {
        Node node = root;
        for (String name : StorePath.names(path)) {
            Node child = node.child(name);
            if (child == null) {
                return node;
            }
            node = child;
        }
        return node;
    }

    private void checkWritable(String path, int domid) throws XenstoreError {
        if (!nearest(path).permissions().mayWrite(domid)) {
            throw new XenstoreError(Code.EACCES);
        }
    }

    void write(String path, byte[] value, int domid) throws XenstoreError {
        checkWritable(path, domid);
        if (value.length > MOST_VALUE && domid != 0) {
            throw new XenstoreError(Code.ENOSPC);
        }
        make(path, domid);
        touched.add(path);
        root =
                replaced(
                        root,
                        StorePath.names(path),
                        0,
                        n -> n.withValue(value, generations.next()));
        changes.add(new Change.Written(path, value, domid));
    }

    void mkdir(String path, int domid) throws XenstoreError {
        checkWritable(path, domid);
        if (find(path) == null) {
            make(path, domid);
            changes.add(new Change.Made(path, domid));
        }
    }

    /** Makes {@code path} and what lacks above it, with permissions taken from above. */
    private void make(String path, int domid) {
        List<String> names = StorePath.names(path);
        Node node = root;
        String at = "";
        for (int i = 0; i < names.size(); i++) {
            String parent = at.isEmpty() ? "/" : at;
            at = at + "/" + names.get(i);
            Node child = node.child(names.get(i));
            if (child == null) {
                child = empty(node.permissions().inherited(domid), generations.next());
                root = added(root, names, 0, i, child);
                created++;
                touched.add(parent);
                touched.add(at);
            }
            node = child;
        }
    }

    static Node empty(Permissions permissions, long generation) {
        return new Node(new byte[0], permissions, new LinkedHashMap<>(), generation);
    }

    private Node added(Node node, List<String> names, int depth, int last, Node leaf) {
        String name = names.get(depth);
        Node child = node.child(name);
        Node changed =
                depth == last || child == null ? leaf : added(child, names, depth + 1, last, leaf);
        return node.withChild(name, changed, generations.next());
    }

    private Node replaced(
            Node node, List<String> names, int depth, java.util.function.UnaryOperator<Node> op) {
        if (depth == names.size()) {
            return op.apply(node);
        }
        Node child = node.child(names.get(depth));
        if (child == null) {
            throw new IllegalStateException("no node " + names);
        }
        return node.withChild(
                names.get(depth), replaced(child, names, depth + 1, op), generations.next());
    }

    void remove(String path, int domid) throws XenstoreError {
        if (path.equals("/")) {
            throw new XenstoreError(Code.EINVAL);
        }
        Node node = find(path);
        if (node == null) {
            checkWritable(path, domid);
            if (find(StorePath.parent(path)) == null) {
                throw new XenstoreError(Code.ENOENT);
            }
            return;
        }
        if (!node.permissions().mayWrite(domid)) {
            throw new XenstoreError(Code.EACCES);
        }
        cut(path);
        changes.add(new Change.Removed(path));
    }

    private void cut(String path) {
        List<String> names = StorePath.names(path);
        String name = names.get(names.size() - 1);
        touched.add(StorePath.parent(path));
        root =
                replaced(
                        root,
                        names.subList(0, names.size() - 1),
                        0,
                        n -> n.withoutChild(name, generations.next()));
    }

    void permit(String path, Permissions permissions, int domid) throws XenstoreError {
        Node node = readable(path, domid);
        if (domid != 0 && node.permissions().owner() != domid) {
            throw new XenstoreError(Code.EACCES);
        }
        if (domid != 0 && permissions.owner() != domid) {
            throw new XenstoreError(Code.EPERM);
        }
        root =
                replaced(
                        root,
                        StorePath.names(path),
                        0,
                        n -> n.withPermissions(permissions, generations.next()));
        changes.add(new Change.Permitted(path, permissions));
    }

    /** Whether {@code now} differs from where this view started in anything that was looked at. */
    @SuppressWarnings("ReferenceEquality") // a node that was not replaced is the same object
    boolean conflictsWith(Node now) {
        if (now == base) {
            return false;
        }
        return touched.stream()
                .anyMatch(path -> {
                    Node before = find(base, path);
                    Node after = find(now, path);
                    return before == null || after == null
                            ? before != after
                            : before.generation() != after.generation();
                });
    }

    /** Does to {@code now} what was done here; the answer is the new root. */
    @SuppressWarnings("ReferenceEquality") // as above
    Node replayOn(Node now) {
        if (now == base) {
            return root;
        }
        View other = new View(now, generations);
        for (Change change : changes) {
            switch (change) {
                case Change.Written w -> {
                    other.make(w.path(), w.domid());
                    other.root =
                            other.replaced(
                                    other.root,
                                    StorePath.names(w.path()),
                                    0,
                                    n -> n.withValue(w.value(), generations.next()));
                }
                case Change.Made m -> other.make(m.path(), m.domid());
                case Change.Permitted p ->
                        other.root =
                                other.replaced(
                                        other.root,
                                        StorePath.names(p.path()),
                                        0,
                                        n ->
                                                n.withPermissions(
                                                        p.permissions(), generations.next()));
                case Change.Removed r -> {
                    if (find(other.root, r.path()) != null) {
                        other.cut(r.path());
                    }
                }
            }
        }
        return other.root;
    }

    /** The changed paths in order, each with whether it was removed. */
    Map<String, Boolean> changed() {
        Map<String, Boolean> paths = new LinkedHashMap<>();
        for (Change c : changes) {
            paths.put(c.path(), c instanceof Change.Removed);
        }
        return paths;
    }
}
