package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/** The domains that the store knows, what they use and what they may. */
final class Domains {
    private final StoreHost host;
    private final Map<Integer, StoreDomain> domains = new TreeMap<>();
    private final Map<Quota, Integer> quotas = new EnumMap<>(Quota.class);
    private final Map<String, Permissions> special = new TreeMap<>();

    /** Counts the changes of the whole store. */
    private long generation;

    Domains(StoreHost host) {
        this.host = host;
        for (Quota q : Quota.values()) {
            quotas.put(q, q.initial);
        }
        special.put(Store.INTRODUCE_DOMAIN, Permissions.PRIVATE);
        special.put(Store.RELEASE_DOMAIN, Permissions.PRIVATE);
    }

    long nextGeneration() {
        return ++generation;
    }

    int quota(Quota quota) {
        return quotas.getOrDefault(quota, quota.initial);
    }

    void setQuota(Quota quota, int value) {
        quotas.put(quota, value);
    }

    /** The domain, if the store has heard of it. */
    @Nullable StoreDomain find(int domid) {
        return domains.get(domid);
    }

    /** The domain, if there is one. */
    @Nullable StoreDomain existing(int domid) {
        StoreDomain d = domains.get(domid);
        if (d == null && host.exists(domid)) {
            d = make(domid);
        }
        return d;
    }

    /** The domain, which there must be. */
    StoreDomain make(int domid) {
        return domains.computeIfAbsent(domid, id -> new StoreDomain(id, generation));
    }

    void forget(int domid) {
        domains.remove(domid);
        special.replaceAll((name, p) -> p.without(domid));
    }

    /** All of them, by number. */
    List<StoreDomain> all() {
        return List.copyOf(domains.values());
    }

    /**
     * {@code given} with entries of domains that do not exist made stale.
     *
     * @throws XenstoreError ENOENT if the owner does not exist
     */
    Permissions known(Permissions given) throws XenstoreError {
        List<Permissions.Entry> entries = new ArrayList<>();
        for (Permissions.Entry e : given.entries()) {
            boolean stale = existing(e.domid()) == null;
            entries.add(new Permissions.Entry(e.letter(), e.domid(), stale));
        }
        if (entries.get(0).stale()) {
            throw new XenstoreError(Code.ENOENT);
        }
        return new Permissions(entries);
    }

    /** {@code node} with entries of domains that are younger than it, or gone, made stale. */
    Node current(Node node) {
        List<Permissions.Entry> entries = node.permissions().entries();
        for (int i = 1; i < entries.size(); i++) {
            if (isStale(entries.get(i), node)) {
                return node.withPermissions(marked(node));
            }
        }
        return node;
    }

    private boolean isStale(Permissions.Entry e, Node node) {
        StoreDomain d = domains.get(e.domid());
        return !e.stale() && (d == null || d.generation > node.generation());
    }

    private Permissions marked(Node node) {
        List<Permissions.Entry> entries = new ArrayList<>(node.permissions().entries());
        for (int i = 1; i < entries.size(); i++) {
            Permissions.Entry e = entries.get(i);
            if (isStale(e, node)) {
                entries.set(i, new Permissions.Entry(e.letter(), e.domid(), true));
            }
        }
        return new Permissions(entries);
    }

    /** Who may watch {@code name}, a special path, or null if it is none. */
    @Nullable Permissions special(String name) {
        return special.get(name);
    }

    void permitSpecial(String name, Permissions permissions) {
        special.put(name, permissions);
    }

    /** Whether {@code bytes} more would be too much for {@code domid}. */
    boolean exceeds(int domid, int bytes) {
        StoreDomain d = domains.get(domid);
        return domid != 0 && d != null && d.memory + bytes >= quota(Quota.MEMORY);
    }

    /** Charges {@code bytes}, or gives them back if negative. */
    void charge(int domid, int bytes) {
        StoreDomain d = domains.get(domid);
        if (d == null) {
            return;
        }
        d.memory += bytes;
        boolean much = domid != 0 && d.memory >= quota(Quota.SOFT_MEMORY);
        if (much && !d.reported) {
            host.log("xenstore: domain " + domid + " exceeds its soft memory quota");
        }
        d.reported = much;
    }
}
