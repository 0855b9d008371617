package xenolith.hypervisor.hypercall;

import java.util.ArrayList;
import java.util.List;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.VcpuPaging;

/** Whose TLBs a call flushes. */
final class Targets {
    private Targets() {}

    /** All vCPUs of the domain. */
    static List<VcpuPaging> all(Vcpu v) {
        return v.domain.paging.vcpus();
    }

    /** The vCPUs in the guest's bitmap at {@code va}. */
    static List<VcpuPaging> bitmap(Vcpu v, long va) {
        List<VcpuPaging> all = v.domain.paging.vcpus();
        List<VcpuPaging> chosen = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if ((GuestAccess.get8(v, va + (i >>> 3)) >>> (i & 7) & 1) != 0) {
                chosen.add(all.get(i));
            }
        }
        return chosen;
    }
}
