package xenolith.hypervisor.control;

import java.util.UUID;

/**
 * What a domain is created with (XEN_DOMCTL_createdomain and what follows it).
 *
 * @param name for messages and lists
 * @param uuid the domain's handle
 * @param vcpus number of virtual CPUs, 1 to 64
 * @param maxPages frames of 4 KiB the domain may own
 * @param maxEventChannels highest port number plus one it may allocate, or -1 for no limit but the
 *     ABI's
 */
public record DomainConfig(
        String name, UUID uuid, int vcpus, long maxPages, int maxEventChannels) {}
