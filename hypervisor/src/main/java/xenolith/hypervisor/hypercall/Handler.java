package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Vcpu;

/** One hypercall. */
@FunctionalInterface
interface Handler {
    /**
     * Executes the call for {@code v}, which is in guest kernel mode, and returns the result or a
     * negated errno. Arguments are the guest's and unchecked.
     */
    long call(Vcpu v, long a1, long a2, long a3, long a4, long a5);
}
