package xenolith.hypervisor.control;

/**
 * The pseudo-physical memory of a domain: frame {@code mfns[i]} is its page {@code pfns[i]}, in
 * ascending order of PFN.
 */
public record PhysicalMap(long[] pfns, long[] mfns) {}
