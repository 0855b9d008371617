package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.domain.XenVersion;

/** Calls that are domain 0's, or an HVM guest's: what any other domain gets for an answer. */
final class Privileged {
    private Privileged() {}

    static long refuse(Vcpu v, long a1, long a2, long a3, long a4, long a5) {
        return -Errno.EPERM;
    }

    static long platformOp(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return -Errno.EPERM;
    }

    /** sysctl: the interface version, at offset 4, is checked before the caller. */
    static long sysctl(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return versioned(v, op, XenVersion.SYSCTL);
    }

    static long domctl(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return versioned(v, op, XenVersion.DOMCTL);
    }

    private static long versioned(Vcpu v, long op, int version) {
        return GuestAccess.get32(v, op + 4) == version ? -Errno.EPERM : -Errno.EACCES;
    }

    /** hvm_op: parameters and pagetable_dying are for HVM guests. */
    static long hvmOp(Vcpu v, long op, long arg, long a3, long a4, long a5) {
        return op == 0 || op == 1 || op == 9 ? -Errno.EINVAL : -Errno.ENOSYS;
    }
}
