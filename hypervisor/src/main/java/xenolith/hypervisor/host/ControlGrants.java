package xenolith.hypervisor.host;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The grants that domain 0 has mapped now. On the host's thread. */
final class ControlGrants {
    private final Set<GrantMapping> open = new LinkedHashSet<>();

    void add(GrantMapping mapping) {
        open.add(mapping);
    }

    void remove(GrantMapping mapping) {
        open.remove(mapping);
    }

    List<GrantMapping> all() {
        return List.copyOf(open);
    }
}
