package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Vcpu;

/** The vCPUs whose TLBs a call names. */
final class Targets {
    private Targets() {}

    /** Whether the guest's bitmap at {@code va} can be read. */
    static boolean readable(Vcpu v, long va) {
        try {
            check(v, va);
            return true;
        } catch (GuestAccessException e) {
            return false;
        }
    }

    /** Reads the guest's bitmap at {@code va}, a bit a vCPU; there is nothing to flush. */
    static long check(Vcpu v, long va) {
        int vcpus = v.domain.paging.vcpus().size();
        int word = v.domain.abi().word();
        for (int i = 0; i < vcpus; i += 8 * word) {
            GuestAccess.readable(v, va + (i >>> 3), word);
        }
        return 0;
    }
}
