package xenolith.hypervisor.control;

/**
 * The start state of a PV vCPU (the part of vcpu_guest_context that a domain builder sets). All
 * else is as abi.md 1.4 says: flat selectors, IF set, no callbacks, other registers zero.
 *
 * @param rip entry point, linear address
 * @param rsp initial stack pointer, which is also the kernel stack
 * @param rsi linear address of start_info
 * @param topTableMfn frame of the level-4 table, of a 32-bit guest the level-3 table
 * @param assists bits of vm_assist that are on from the start
 */
public record VcpuContext(long rip, long rsp, long rsi, long topTableMfn, long assists) {
    /** As the canonical one, without assists. */
    public VcpuContext(long rip, long rsp, long rsi, long topTableMfn) {
        this(rip, rsp, rsi, topTableMfn, 0);
    }
}
