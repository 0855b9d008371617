package xenolith.hypervisor.control;

import java.util.List;

/**
 * How a domain is (XEN_DOMCTL_getdomaininfo).
 *
 * @param pages frames of 4 KiB it owns
 * @param maxPages frames it may own
 * @param vcpus each of its virtual CPUs, by number
 */
public record DomainInfo(long pages, long maxPages, boolean paused, List<VcpuInfo> vcpus) {
    public DomainInfo {
        vcpus = List.copyOf(vcpus);
    }

    /**
     * How a virtual CPU is (XEN_DOMCTL_getvcpuinfo).
     *
     * @param blocked it waits for an event
     * @param nanos time it has run
     */
    public record VcpuInfo(int id, boolean online, boolean blocked, long nanos) {}
}
