package xenolith.hypervisor.paging;

import java.util.List;
import xenolith.hypervisor.memory.DomainMemory;

/** The paging of one domain: its per-domain map (slot 260) and its vCPUs' pagings. */
public final class DomainPaging {
    public DomainPaging(XenTables xen, DomainMemory memory) {
        throw new UnsupportedOperationException();
    }

    public DomainMemory memory() {
        throw new UnsupportedOperationException();
    }

    /** All vCPUs' pagings so far, by vCPU number. */
    public List<VcpuPaging> vcpus() {
        throw new UnsupportedOperationException();
    }

    /** Flushes all TLBs of the domain. */
    public void flush() {
        throw new UnsupportedOperationException();
    }

    /** Releases all vCPUs, the memory of the domain and its own tables: the domain is dead. */
    public void release() {
        throw new UnsupportedOperationException();
    }
}
