package xenolith.toolstack.xenstore;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * What a transaction has looked at and changed. Each node is taken from the database when it is
 * first looked at, and must be as it was then when the transaction ends.
 */
final class Transaction {
    /** Of a node that is not there. */
    private static final long NO_GENERATION = -1;

    /** A node that was looked at. */
    private static final class Accessed {
        @Nullable Node node;
        final long generation;
        final @Nullable Permissions permissions;
        boolean modified;
        boolean told;
        boolean exact;

        Accessed(@Nullable Node node) {
            this.node = node;
            this.generation = node == null ? NO_GENERATION : node.generation();
            this.permissions = node == null ? null : node.permissions();
        }
    }

    private final Map<String, Accessed> accessed = new LinkedHashMap<>();
    private final Database database;
    private final Domains domains;
    private final Caller caller;
    private boolean created;
    private boolean failed;
    private int charged;

    Transaction(Database database, Domains domains, Caller caller) {
        this.database = database;
        this.domains = domains;
        this.caller = caller;
    }

    @Nullable Node get(String path) throws XenstoreError {
        Accessed a = accessed.get(path);
        if (a == null) {
            if (!caller.privileged() && accessed.size() >= domains.quota(Quota.TRANSACTION_NODES)) {
                failed = true;
                throw new XenstoreError(Code.ENOSPC);
            }
            a = new Accessed(database.get(path));
            accessed.put(path, a);
            charge(path, a.node, 1);
        }
        return a.node;
    }

    /** Changes {@code path}, which was looked at before; null removes it. */
    void set(String path, @Nullable Node node) {
        Accessed a = accessed.get(path);
        if (a == null) {
            throw new IllegalStateException("changed before it was read: " + path);
        }
        charge(path, a.node, -1);
        charge(path, node, 1);
        a.node = node;
        a.modified = true;
    }

    private void charge(String path, @Nullable Node node, int sign) {
        if (node != null) {
            int bytes = sign * (node.size() + path.length());
            charged += bytes;
            domains.charge(caller.domid(), bytes);
        }
    }

    /** A node was made in it: the number of nodes will be checked. */
    void created() {
        created = true;
    }

    /** It was refused something; it cannot succeed any more. */
    void fail() {
        failed = true;
    }

    /** Notes that watches are to be told of {@code path}, and of those above unless exact. */
    void tell(String path, boolean exact) {
        Accessed a = accessed.get(path);
        if (a == null) {
            throw new IllegalStateException("told before it was read: " + path);
        }
        a.exact = exact && (!a.told || a.exact);
        a.told = true;
    }

    /** Gives back what it was charged with. */
    void close() {
        domains.charge(caller.domid(), -charged);
        charged = 0;
    }

    /** Checks that it can be done: ENOMEM, ENOSPC, or EAGAIN after a conflict. */
    void check() throws XenstoreError {
        if (failed) {
            throw new XenstoreError(Code.ENOMEM);
        }
        if (created && !caller.privileged()) {
            checkNodes();
        }
        for (Map.Entry<String, Accessed> e : accessed.entrySet()) {
            Node now = database.get(e.getKey());
            long generation = now == null ? NO_GENERATION : now.generation();
            if (generation != e.getValue().generation) {
                throw new XenstoreError(Code.EAGAIN);
            }
        }
    }

    private void checkNodes() throws XenstoreError {
        Map<Integer, Integer> changes = new HashMap<>();
        for (Accessed a : accessed.values()) {
            if (a.modified && a.permissions != null) {
                changes.merge(a.permissions.owner(), -1, Integer::sum);
            }
            if (a.modified && a.node != null) {
                changes.merge(a.node.permissions().owner(), 1, Integer::sum);
            }
        }
        for (Map.Entry<Integer, Integer> change : changes.entrySet()) {
            StoreDomain d = domains.find(change.getKey());
            if (d != null
                    && d.domid != 0
                    && change.getValue() != 0
                    && d.nodes + change.getValue() >= domains.quota(Quota.NODES)) {
                throw new XenstoreError(Code.ENOSPC);
            }
        }
    }

    /** Makes the changes those of the database and tells of them. */
    void apply(View.Told told) {
        for (Map.Entry<String, Accessed> e : accessed.entrySet()) {
            Accessed a = e.getValue();
            if (a.modified && a.node != null) {
                database.put(e.getKey(), a.node);
            } else if (a.modified) {
                database.remove(e.getKey());
            }
        }
        for (Map.Entry<String, Accessed> e : accessed.entrySet()) {
            Accessed a = e.getValue();
            if (a.told) {
                told.changed(e.getKey(), database.get(e.getKey()), a.exact, a.permissions);
            }
        }
    }
}
