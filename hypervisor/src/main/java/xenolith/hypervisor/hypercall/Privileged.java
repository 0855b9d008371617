package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.domain.XenVersion;

/** Calls that are domain 0's, or an HVM guest's: what any other domain gets for an answer. */
final class Privileged {
    private static final String DOMAIN_0 = "the call is domain 0's";

    private Privileged() {}

    static long refuse(Vcpu v, long a1, long a2, long a3, long a4, long a5) {
        return v.refuse(Errno.EPERM, DOMAIN_0);
    }

    static long platformOp(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return v.refuse(Errno.EPERM, DOMAIN_0);
    }

    /** sysctl: the interface version, at offset 4, is checked before the caller. */
    static long sysctl(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return versioned(v, op, XenVersion.SYSCTL);
    }

    static long domctl(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return versioned(v, op, XenVersion.DOMCTL);
    }

    private static long versioned(Vcpu v, long op, int version) {
        long given = GuestAccess.get32(v, op + 4);
        return given == version
                ? v.refuse(Errno.EPERM, DOMAIN_0)
                : v.refuse(Errno.EACCES, "interface version " + given + ", not " + version);
    }

    /** hvm_op: parameters and pagetable_dying are for HVM guests. */
    static long hvmOp(Vcpu v, long op, long arg, long a3, long a4, long a5) {
        return op == 0 || op == 1 || op == 9
                ? v.refuse(Errno.EINVAL, "the domain is no HVM guest")
                : v.refuse(Errno.ENOSYS, "no operation " + op);
    }
}
