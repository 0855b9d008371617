package xenolith.hypervisor.grant;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import xenolith.abi.xen.Gnttab;

/**
 * Counts the uses of all grants from the mappings that domains hold and compares with what the
 * tables keep. No copy may be in progress, which would be a use, too.
 */
public final class GrantAudit {
    private record Grant(GrantTable table, int ref) {}

    private record Subject(int domid, long mfn) {}

    private record Mapped(int domid, long mfn, boolean writable) {}

    private final Map<Grant, Integer> pins = new HashMap<>();
    private final Map<Grant, Subject> subjects = new HashMap<>();
    private final Map<Mapped, Integer> mapped = new HashMap<>();
    private final List<GrantTable> tables;
    private final List<String> differences = new ArrayList<>();

    /** An audit of {@code tables}, those of all domains of a host. */
    public GrantAudit(List<GrantTable> tables) {
        this.tables = tables;
        for (GrantTable t : tables) {
            for (Maptrack.Mapping m : t.maptrack().all()) {
                add(t.owner().domid(), m);
            }
        }
    }

    /** Adds mapping {@code m} of domain {@code domid}. */
    public void add(int domid, Maptrack.Mapping m) {
        Grant grant = new Grant(m.granter(), m.ref());
        pins.merge(grant, ActiveEntry.increment(m.flags()), Integer::sum);
        Subject subject = new Subject(domid, m.mfn());
        Subject other = subjects.put(grant, subject);
        if (other != null && !other.equals(subject)) {
            differences.add(name(grant) + " is used as " + other + " and as " + subject);
        }
        if ((m.flags() & Gnttab.HOST_MAP) != 0) {
            boolean writable = (m.flags() & Gnttab.MAP_READONLY) == 0;
            mapped.merge(new Mapped(domid, m.mfn(), writable), 1, Integer::sum);
        }
    }

    private static String name(Grant g) {
        return "grant " + g.ref() + " of d" + g.table().owner().domid();
    }

    /** Entries by which page tables of {@code domid} may map the foreign frame {@code mfn}. */
    public int hostMappings(int domid, long mfn, boolean writable) {
        return mapped.getOrDefault(new Mapped(domid, mfn, writable), 0);
    }

    /** All differences, one sentence each. */
    public List<String> differences() {
        pins.forEach(this::compare);
        for (GrantTable t : tables) {
            for (int ref = 0; ref < t.activeCount(); ref++) {
                if (t.inUse(ref) && !pins.containsKey(new Grant(t, ref))) {
                    differences.add(name(new Grant(t, ref)) + " is in use, but nobody maps it");
                }
            }
        }
        return differences;
    }

    private void compare(Grant g, int pin) {
        ActiveEntry act = g.table().active(g.ref());
        if (act.pin != pin) {
            differences.add(String.format("%s: uses %08x, counted %08x", name(g), act.pin, pin));
        }
        Subject kept = new Subject(act.domid, act.mfn);
        if (pin != 0 && !kept.equals(subjects.get(g))) {
            differences.add(name(g) + " is kept as " + kept + ", but " + subjects.get(g));
        }
    }
}
