package xenolith.toolstack.xenstore;

import java.util.List;

/** Who asks: a domain, or a tool of domain 0. */
final class Caller {
    private static final int NONE = -1;

    /** Domain 0 and its tools. */
    static final Caller TOOLS = new Caller(0);

    private final int domid;
    private int target = NONE;

    Caller(int domid) {
        this.domid = domid;
    }

    int domid() {
        return domid;
    }

    /** Whether neither permissions nor quotas hold it back. */
    boolean privileged() {
        return domid == 0;
    }

    /** Lets it do what domain {@code newTarget} may (XS_SET_TARGET). */
    void actFor(int newTarget) {
        target = newTarget;
    }

    /** What it may do with a node of {@code permissions}: READ, WRITE, OWN. */
    int rights(Permissions permissions) {
        int owner = permissions.owner();
        if (privileged() || owner == domid || owner == target) {
            return Permissions.ALL;
        }
        List<Permissions.Entry> entries = permissions.entries();
        for (int i = 1; i < entries.size(); i++) {
            Permissions.Entry e = entries.get(i);
            if (!e.stale() && (e.domid() == domid || e.domid() == target)) {
                return e.rights();
            }
        }
        return entries.get(0).rights();
    }

    boolean mayRead(Permissions permissions) {
        return (rights(permissions) & Permissions.READ) != 0;
    }
}
