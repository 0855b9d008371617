package xenolith.toolstack.xl;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import xenolith.hypervisor.control.ControlException;

/**
 * The domains of a host by name, in order of creation. Safe for any thread; a domain under
 * construction is in it, but has no number yet.
 */
final class DomainList {
    private static final String DOMAIN_0 = "Domain-0";

    private final Map<String, GuestDomain> domains = new LinkedHashMap<>();

    /** Refuses a name that a domain has. */
    synchronized void refuseTaken(String name) throws ControlException {
        if (domains.containsKey(name) || name.equals(DOMAIN_0)) {
            throw new ControlException(
                    "There is a domain called " + name + " already; give this one another name.");
        }
    }

    /** Adds {@code domain}; its name and its UUID must be its own. */
    synchronized void enter(GuestDomain domain) throws ControlException {
        refuseTaken(domain.name());
        for (GuestDomain other : domains.values()) {
            if (other.spec().uuid().equals(domain.spec().uuid())) {
                throw new ControlException(
                        "Domain "
                                + other.name()
                                + " has the UUID "
                                + domain.spec().uuid()
                                + " already; give "
                                + domain.name()
                                + " another one, or leave uuid out.");
            }
        }
        domains.put(domain.name(), domain);
    }

    /** Takes {@code domain} out; answers whether it was there. */
    synchronized boolean forget(GuestDomain domain) {
        return domains.remove(domain.name(), domain);
    }

    /** Calls {@code domain} {@code name} from now on. */
    synchronized void rename(GuestDomain domain, String name) throws ControlException {
        refuseTaken(name);
        domains.remove(domain.name());
        domain.setSpec(domain.spec().withName(name));
        domains.put(name, domain);
    }

    synchronized List<GuestDomain> all() {
        return List.copyOf(domains.values());
    }

    /** The domain with this name, or else with this number. */
    Optional<GuestDomain> find(String nameOrDomid) {
        List<GuestDomain> all = all();
        return all.stream()
                .filter(d -> d.name().equals(nameOrDomid))
                .findFirst()
                .or(() ->
                        all.stream()
                                .filter(d -> Integer.toString(d.domid()).equals(nameOrDomid))
                                .findFirst());
    }
}
