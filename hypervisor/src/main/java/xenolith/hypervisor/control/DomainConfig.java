package xenolith.hypervisor.control;

import java.util.UUID;
import xenolith.abi.struct.Abi;

/**
 * What a domain is created with (XEN_DOMCTL_createdomain and what follows it).
 *
 * @param name for messages and lists
 * @param uuid the domain's handle
 * @param vcpus number of virtual CPUs, 1 to 64
 * @param maxPages frames of 4 KiB the domain may own
 * @param maxEventChannels highest port number plus one it may allocate, or -1 for no limit but the
 *     ABI's
 * @param abi how the guest lays out the public structures (XEN_DOMCTL_set_address_size)
 */
public record DomainConfig(
        String name, UUID uuid, int vcpus, long maxPages, int maxEventChannels, Abi abi) {
    /** As the canonical one, for a 64-bit guest. */
    public DomainConfig(String name, UUID uuid, int vcpus, long maxPages, int maxEventChannels) {
        this(name, uuid, vcpus, maxPages, maxEventChannels, Abi.BITS64);
    }
}
