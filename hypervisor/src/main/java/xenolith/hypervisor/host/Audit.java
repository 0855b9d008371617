package xenolith.hypervisor.host;

import java.util.ArrayList;
import java.util.List;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Hypervisor;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.event.EventAudit;
import xenolith.hypervisor.grant.GrantAudit;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.grant.Maptrack;
import xenolith.hypervisor.memory.Recount;
import xenolith.machine.memory.MachineMemory;

/**
 * The audit of a host: owners, counts, types and the machine-to-physical table from page tables and
 * from all who hold references; the contents of page tables; uses of grants; event ends. Between
 * two exits of guests, on the host's thread.
 */
final class Audit implements Recount.OtherReferences {
    private final Hypervisor hypervisor;
    private final ControlGrants controlGrants;
    private final GrantAudit grants;

    Audit(Hypervisor hypervisor, ControlGrants controlGrants) {
        this.hypervisor = hypervisor;
        this.controlGrants = controlGrants;
        this.grants = new GrantAudit(tables());
        controlGrants.all().forEach(m -> grants.add(0, m.mapping()));
    }

    private List<GrantTable> tables() {
        List<GrantTable> tables = new ArrayList<>();
        for (Domain d : hypervisor.domains()) {
            tables.add(d.grants);
        }
        return tables;
    }

    /** All differences, one sentence each; none if all is well. */
    List<String> differences() {
        hypervisor.frames.finishReaping();
        List<String> all = new ArrayList<>(Recount.differences(hypervisor.frames, this));
        all.addAll(grants.differences());
        all.addAll(
                EventAudit.differences(hypervisor.domains().stream().map(d -> d.events).toList()));
        return all;
    }

    @Override
    public void visit(Recount.Visitor visitor) {
        vcpuInfoPages(visitor);
        controlGrants.all().forEach(m -> reference(visitor, m.mapping()));
        for (GrantTable table : tables()) {
            for (Maptrack.Mapping m : table.maptrack().all()) {
                if ((m.flags() & Gnttab.DEVICE_MAP) != 0) {
                    reference(visitor, m);
                }
            }
        }
    }

    private static void reference(Recount.Visitor visitor, Maptrack.Mapping m) {
        visitor.reference(m.mfn(), (m.flags() & Gnttab.MAP_READONLY) == 0);
    }

    @Override
    public int foreignEntries(int domid, long mfn, boolean writable) {
        Domain d = hypervisor.domain(domid);
        if (d != null && d.privileged) {
            return Integer.MAX_VALUE;
        }
        return grants.hostMappings(domid, mfn, writable);
    }

    /**
     * Where a vCPU's vcpu_info was placed, the page is held until the domain dies; so are those of
     * the FIFO ABI of event channels, until they are reset, and the page of pirq_eoi_gmfn.
     */
    private void vcpuInfoPages(Recount.Visitor visitor) {
        for (Domain d : hypervisor.domains()) {
            d.events.heldPages().forEach(mfn -> visitor.reference(mfn, true));
            if (d.pirqEoiMfn >= 0) {
                visitor.reference(d.pirqEoiMfn, true);
            }
            for (Vcpu v : d.vcpus()) {
                if (v.vcpuInfoPlaced()) {
                    visitor.reference(v.vcpuInfo() >>> MachineMemory.FRAME_SHIFT, true);
                }
            }
        }
    }
}
