package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * The tree as one caller sees and changes it, by itself or in a transaction: permissions and quotas
 * of xenstored 4.17. Paths are absolute.
 */
final class View {
    /** Is told of changes. */
    @FunctionalInterface
    interface Told {
        /**
         * {@code path} has changed.
         *
         * @param node what is or was there; null if it is gone
         * @param exact whether only watches of this very path are meant
         * @param old its permissions before, if they matter
         */
        void changed(String path, @Nullable Node node, boolean exact, @Nullable Permissions old);
    }

    private final Database database;
    private final Domains domains;
    private final Caller caller;
    private final @Nullable Transaction transaction;
    private final Told told;

    View(
            Database database,
            Domains domains,
            Caller caller,
            @Nullable Transaction transaction,
            Told told) {
        this.database = database;
        this.domains = domains;
        this.caller = caller;
        this.transaction = transaction;
        this.told = told;
    }

    /** The node {@code path}, whoever may see it. */
    @Nullable Node node(String path) throws XenstoreError {
        return transaction == null ? database.get(path) : transaction.get(path);
    }

    /** The node {@code path} for the caller to read. */
    Node readable(String path) throws XenstoreError {
        Node node = find(path, Permissions.READ);
        if (node == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        return node;
    }

    /**
     * The node {@code path} if the caller has all {@code rights}; null if it is not there and the
     * caller may know that from the rights to what is above.
     */
    private @Nullable Node find(String path, int rights) throws XenstoreError {
        if (!StorePath.isValid(path, domains.quota(Quota.PATH_MAX))) {
            throw new XenstoreError(Code.EINVAL);
        }
        Node node = node(path);
        if (node != null) {
            if ((caller.rights(node.permissions()) & rights) != rights) {
                throw new XenstoreError(Code.EACCES);
            }
            return node;
        }
        String above = path;
        Node nearest;
        do {
            above = StorePath.parent(above);
            nearest = node(above);
        } while (nearest == null);
        if ((caller.rights(nearest.permissions()) & rights) == 0) {
            throw new XenstoreError(Code.EACCES);
        }
        return null;
    }

    /** Stores a node that was looked at before. */
    private Node put(String path, Node node) {
        if (transaction == null) {
            return database.put(path, node);
        }
        transaction.set(path, node);
        return node;
    }

    private void tell(String path, Node node, boolean exact, @Nullable Permissions old) {
        if (transaction == null) {
            told.changed(path, node, exact, old);
        } else {
            transaction.tell(path, exact);
        }
    }

    void write(String path, byte[] value) throws XenstoreError {
        Node node = find(path, Permissions.WRITE);
        Node stored;
        if (node == null) {
            stored = create(path, value);
        } else {
            Node changed = node.withValue(value);
            checkSize(path, changed, node);
            stored = put(path, changed);
        }
        tell(path, stored, false, null);
    }

    void mkdir(String path) throws XenstoreError {
        if (find(path, Permissions.WRITE) == null) {
            tell(path, create(path, new byte[0]), false, null);
        }
    }

    /** Makes {@code path} and what lacks above it, with permissions taken from above. */
    private Node create(String path, byte[] value) throws XenstoreError {
        List<String> paths = new ArrayList<>();
        String at = path;
        Node above;
        do {
            paths.add(at);
            at = StorePath.parent(at);
            above = node(at);
        } while (above == null);
        checkNodes(paths.size());
        List<Node> made = new ArrayList<>();
        Permissions permissions = above.permissions().inherited(caller);
        for (int i = 0; i < paths.size(); i++) {
            Node node = Node.empty(permissions);
            made.add(
                    i == 0
                            ? node.withValue(value)
                            : node.withChild(StorePath.name(paths.get(i - 1))));
        }
        Node parent = above.withChild(StorePath.name(paths.get(paths.size() - 1)));
        for (int i = 0; i < paths.size(); i++) {
            checkSize(paths.get(i), made.get(i), null);
        }
        checkSize(at, parent, above);
        if (transaction != null) {
            transaction.created();
        }
        Node leaf = put(path, made.get(0));
        for (int i = 1; i < paths.size(); i++) {
            put(paths.get(i), made.get(i));
        }
        put(at, parent);
        return leaf;
    }

    private void checkNodes(int more) throws XenstoreError {
        StoreDomain d = domains.find(caller.domid());
        int others = transaction == null ? more - 1 : 0;
        if (!caller.privileged() && d != null && d.nodes + others >= domains.quota(Quota.NODES)) {
            throw new XenstoreError(Code.ENOSPC);
        }
    }

    /** Refuses what would be too large; a transaction cannot go on then. */
    private void checkSize(String path, Node node, @Nullable Node before) throws XenstoreError {
        if (caller.privileged()) {
            return;
        }
        int more = node.size() - (before == null ? -path.length() : before.size());
        Code code = null;
        if (node.size() >= domains.quota(Quota.NODE_SIZE)) {
            code = Code.ENOSPC;
        } else if (domains.exceeds(node.permissions().owner(), more)) {
            code = Code.EIO;
        }
        if (code != null) {
            if (transaction != null) {
                transaction.fail();
            }
            throw new XenstoreError(code);
        }
    }

    void remove(String path) throws XenstoreError {
        Node node = find(path, Permissions.WRITE);
        String parent = StorePath.parent(path);
        if (node == null) {
            if (node(parent) == null) {
                throw new XenstoreError(Code.ENOENT);
            }
            return;
        }
        if (path.equals("/")) {
            throw new XenstoreError(Code.EINVAL);
        }
        Node above = node(parent);
        if (above == null) {
            throw new IllegalStateException("no node above " + path);
        }
        cut(path, node, false);
        put(parent, above.withoutChild(StorePath.name(path)));
    }

    /** Removes {@code node} after all below it, and tells watches of each. */
    private void cut(String path, Node node, boolean exact) throws XenstoreError {
        for (String name : node.children()) {
            String below = StorePath.child(path, name);
            Node child = node(below);
            if (child == null) {
                throw new IllegalStateException("no node " + below);
            }
            cut(below, child, true);
        }
        if (transaction == null) {
            database.remove(path);
        } else {
            transaction.set(path, null);
        }
        tell(path, node, exact, null);
    }

    void permit(String path, Permissions given) throws XenstoreError {
        if (!caller.privileged() && given.entries().size() > domains.quota(Quota.PERMISSIONS)) {
            throw new XenstoreError(Code.ENOSPC);
        }
        Permissions permissions = domains.known(given);
        if (path.startsWith("@")) {
            permitSpecial(path, permissions);
            return;
        }
        Node node = find(path, Permissions.WRITE | Permissions.OWN);
        if (node == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        if (!caller.privileged() && permissions.owner() != node.permissions().owner()) {
            throw new XenstoreError(Code.EPERM);
        }
        Node changed = node.withPermissions(permissions);
        checkSize(path, changed, node);
        tell(path, put(path, changed), false, node.permissions());
    }

    private void permitSpecial(String name, Permissions permissions) throws XenstoreError {
        Permissions old = domains.special(name);
        if (old == null) {
            throw new XenstoreError(Code.EINVAL);
        }
        if (caller.rights(old) != Permissions.ALL) {
            throw new XenstoreError(Code.EACCES);
        }
        domains.permitSpecial(name, permissions);
    }
}
