package xenolith.hypervisor.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.domain.XenVersion;

/** Calls that are domain 0's, or an HVM guest's: what any other domain gets for an answer. */
final class Privileged {
    private static final String DOMAIN_0 = "the call is domain 0's";

    private static final String NO_HVM = "the domain is no HVM guest";
    private static final String NO_COUNTERS = "there are no performance counters";
    private static final int DM_BUFFERS = 3;

    /** Bytes of a control operation without a domain. */
    private static final int OPERATION = 8 + 128;

    private static final int CREATE_DOMAIN = 1;
    private static final int GET_DOMAIN_INFO = 5;
    private static final int ASSIGN_DEVICE = 37;
    private static final int TEST_ASSIGN_DEVICE = 45;
    private static final int DEASSIGN_DEVICE = 47;
    private static final int VM_EVENT_OP = 56;
    private static final int XENOPROF_LAST = 17;
    private static final int XENOPROF_INIT = 0;
    private static final int XENOPROF_ENABLE_VIRQ = 8;
    private static final int XENOPROF_DISABLE_VIRQ = 11;
    private static final int XENOPROF_GET_BUFFER = 14;

    private Privileged() {}

    static long refuse(Vcpu v, long a1, long a2, long a3, long a4, long a5) {
        return v.refuse(Errno.EPERM, DOMAIN_0);
    }

    /** platform_op {cmd u32, interface_version u32, pad[128]}. */
    static long platformOp(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return versioned(v, op, OPERATION, XenVersion.PLATFORM);
    }

    /** sysctl {cmd u32, interface_version u32, pad[128]}. */
    static long sysctl(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return versioned(v, op, OPERATION, XenVersion.SYSCTL);
    }

    /** domctl {cmd u32, interface_version u32, domid u16, pad, pad[128]}. */
    static long domctl(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        long rc = versioned(v, op, OPERATION + 8, XenVersion.DOMCTL);
        if (rc != -Errno.EPERM) {
            return rc;
        }
        int cmd = (int) GuestAccess.get32(v, op);
        int domid = (int) GuestAccess.get16(v, op + 8);
        return switch (cmd) {
            case CREATE_DOMAIN -> rc;
            case GET_DOMAIN_INFO -> domainInfo(v, domid, rc);
            case ASSIGN_DEVICE, DEASSIGN_DEVICE -> domid == Domid.IO ? rc : named(v, domid, rc);
            case TEST_ASSIGN_DEVICE, VM_EVENT_OP ->
                    domid == Domid.INVALID ? rc : named(v, domid, rc);
            default -> named(v, domid, rc);
        };
    }

    /**
     * {@code rc}, if there is a domain {@code domid}: Xen looks for it before the caller's right.
     */
    private static long named(Vcpu v, int domid, long rc) {
        return v.domain.hypervisor.domain(domid) == null
                ? v.refuse(Errno.ESRCH, "there is no domain " + domid)
                : rc;
    }

    /** getdomaininfo is of the first domain from {@code domid} on. */
    private static long domainInfo(Vcpu v, int domid, long rc) {
        if (domid >= Domid.FIRST_RESERVED) {
            return v.refuse(Errno.EINVAL, "a reserved domain number");
        }
        return v.domain.hypervisor.domains().stream().anyMatch(d -> d.domid() >= domid)
                ? rc
                : v.refuse(Errno.ESRCH, "there is no domain from " + domid + " on");
    }

    /** The whole structure is read, then its version, at offset 4, looked at, then the caller. */
    private static long versioned(Vcpu v, long op, int size, int version) {
        byte[] bytes = GuestAccess.bytes(v, op, size);
        int given = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
        return given == version
                ? v.refuse(Errno.EPERM, DOMAIN_0)
                : v.refuse(
                        Errno.EACCES,
                        String.format("interface version 0x%x, not 0x%x", given, version));
    }

    /** dm_op(domid, nr_bufs, bufs): of other domains, which are HVM guests. */
    static long dmOp(Vcpu v, long domid, long buffers, long list, long a4, long a5) {
        long n = buffers & 0xffff_ffffL;
        if (n == 0 || n > DM_BUFFERS) {
            int errno = n == 0 ? Errno.ENODATA : Errno.E2BIG;
            return v.refuse(errno, n + " buffers, most is " + DM_BUFFERS);
        }
        // {pointer, size}, words.
        GuestAccess.readable(v, list, (int) n * 2 * v.domain.abi().word());
        long rc = PhysmapOps.remote(v, (int) domid & 0xffff);
        return rc != 0 ? rc : v.refuse(Errno.EINVAL, NO_HVM);
    }

    /** xenoprof_op: nobody profiles, and there are no counters to profile with. */
    static long xenoprofOp(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        int n = (int) op;
        if (n < 0 || n > XENOPROF_LAST) {
            return v.refuse(Errno.EINVAL, "no operation " + n);
        }
        return switch (n) {
            case XENOPROF_INIT -> v.refuse(Errno.ENODEV, NO_COUNTERS);
            case XENOPROF_ENABLE_VIRQ, XENOPROF_DISABLE_VIRQ, XENOPROF_GET_BUFFER ->
                    v.refuse(Errno.EINVAL, "the domain is not being profiled");
            default -> v.refuse(Errno.EPERM, "the domain is not the profiler");
        };
    }

    /** xenpmu_op: switched off, as by default. */
    static long xenpmuOp(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return v.refuse(Errno.EOPNOTSUPP, NO_COUNTERS);
    }

    /** hvm_op: most is for HVM guests; the time is for all. */
    static long hvmOp(Vcpu v, long op, long arg, long a3, long a4, long a5) {
        return switch ((int) Math.min(op & Long.MAX_VALUE, 255)) {
            // set_param, get_param {domid u16, index, value} and get_mem_type {domid u16, ...}.
            case 0, 1, 15 ->
                    GrantTableOp.byAnyId(v, (int) GuestAccess.get16(v, arg)) == null
                            ? v.refuse(Errno.ESRCH, "there is no such domain")
                            : v.refuse(Errno.EINVAL, NO_HVM);
            case 5, 23 -> v.refuse(Errno.EINVAL, NO_HVM);
            case 9 -> pagetableDying(v, (int) GuestAccess.get16(v, arg));
            case 10 -> {
                GuestAccess.put64(v, arg, v.domain.hypervisor.clock.now());
                yield 0;
            }
            case 25 -> v.refuse(Errno.EOPNOTSUPP, NO_HVM);
            default -> v.refuse(Errno.ENOSYS, "no operation " + op);
        };
    }

    private static long pagetableDying(Vcpu v, int domid) {
        Domain d = GrantTableOp.byAnyId(v, domid);
        if (d == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + domid);
        }
        return d == v.domain
                ? v.refuse(Errno.EINVAL, NO_HVM)
                : v.refuse(Errno.EOPNOTSUPP, "another domain's page tables");
    }
}
