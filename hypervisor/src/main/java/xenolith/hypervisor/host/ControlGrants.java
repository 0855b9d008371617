package xenolith.hypervisor.host;

import java.util.ArrayList;
import java.util.List;

/** The grants that domain 0 has mapped now. On the host's thread. */
final class ControlGrants {
    private final List<GrantMapping> open = new ArrayList<>();

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
