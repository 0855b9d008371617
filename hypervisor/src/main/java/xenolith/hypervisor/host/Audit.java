package xenolith.hypervisor.host;

import java.util.ArrayList;
import java.util.List;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.event.EventAudit;
import xenolith.hypervisor.memory.Recount;
import xenolith.machine.memory.MachineMemory;

/**
 * The audit of a host: owners, counts, types and the machine-to-physical table from page tables and
 * from all who hold references; the contents of page tables; event ends. Between two exits of
 * guests, on the host's thread.
 */
final class Audit {
    private final Hypervisor hypervisor;

    Audit(Hypervisor hypervisor) {
        this.hypervisor = hypervisor;
    }

    /** All differences, one sentence each; none if all is well. */
    List<String> differences() {
        List<String> all =
                new ArrayList<>(Recount.differences(hypervisor.frames, this::vcpuInfoPages));
        all.addAll(
                EventAudit.differences(hypervisor.domains().stream().map(d -> d.events).toList()));
        return all;
    }

    /** Where a vCPU's vcpu_info was placed, the page is held until the domain dies. */
    private void vcpuInfoPages(Recount.Visitor visitor) {
        for (Domain d : hypervisor.domains()) {
            for (Vcpu v : d.vcpus()) {
                if (v.vcpuInfoPlaced()) {
                    visitor.reference(v.vcpuInfo() >>> MachineMemory.FRAME_SHIFT, true);
                }
            }
        }
    }
}
