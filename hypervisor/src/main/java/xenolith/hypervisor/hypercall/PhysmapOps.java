package xenolith.hypervisor.hypercall;

import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;

/**
 * Operations of memory_op that concern translated domains or are a toolstack's: what a paravirtual
 * domain gets for an answer, in the order in which Xen looks at its arguments.
 */
final class PhysmapOps {
    private static final int SPACE_GMFN_RANGE = 3;
    private static final int SPACE_GMFN_FOREIGN = 4;
    private static final String TRANSLATED = "only translated domains have a map to change";
    private static final String TOOLSTACK = "a control operation";

    private PhysmapOps() {}

    private static @Nullable Domain domain(Vcpu v, long at) {
        return GrantTableOp.byAnyId(v, (int) GuestAccess.get16(v, at));
    }

    /** For structures in memory: bytes with 64-bit words, and with 32-bit ones. */
    private static void read(Vcpu v, long arg, int bytes64, int bytes32) {
        GuestAccess.readable(v, arg, v.domain.compat() ? bytes32 : bytes64);
    }

    private static long noDomain(Vcpu v) {
        return v.refuse(Errno.ESRCH, "there is no such domain");
    }

    /** add_to_physmap {domid u16, size u16, space u32, ...}. */
    static long add(Vcpu v, long arg, long start) {
        if (start != (start & 0xffff)) {
            return v.refuse(Errno.EDOM, "an index beyond every list");
        }
        read(v, arg, 24, 16);
        if ((int) GuestAccess.get32(v, arg + 4) == SPACE_GMFN_FOREIGN) {
            return v.refuse(Errno.ENOSYS, "foreign frames are for the other operation");
        }
        return domain(v, arg) == null ? noDomain(v) : v.refuse(Errno.EACCES, TRANSLATED);
    }

    /** add_to_physmap_batch {domid u16, space u16, ...}. */
    static long addBatch(Vcpu v, long arg, long start) {
        if (start != (start & 0xffff)) {
            return v.refuse(Errno.EDOM, "an index beyond every list");
        }
        read(v, arg, 32, 20);
        if ((int) GuestAccess.get16(v, arg + 2) == SPACE_GMFN_RANGE) {
            return v.refuse(Errno.EOPNOTSUPP, "ranges are for the other operation");
        }
        return domain(v, arg) == null ? noDomain(v) : v.refuse(Errno.EACCES, TRANSLATED);
    }

    /** remove_from_physmap {domid u16, ...}. */
    static long remove(Vcpu v, long arg) {
        read(v, arg, 16, 8);
        return domain(v, arg) == null ? noDomain(v) : v.refuse(Errno.EACCES, TRANSLATED);
    }

    /** set_pod_target and get_pod_target: {four u64, domid u16}. */
    static long podTarget(Vcpu v, long arg) {
        read(v, arg, 40, 36);
        return domain(v, arg + 32) == null
                ? noDomain(v)
                : v.refuse(Errno.EINVAL, "only HVM guests are populated on demand");
    }

    /**
     * machine_memory_map {nr_entries u32, buffer}: only a 32-bit caller's argument is read first.
     */
    static long machineMap(Vcpu v, long arg) {
        if (v.domain.compat()) {
            GuestAccess.readable(v, arg, 8);
        }
        return v.refuse(Errno.EPERM, TOOLSTACK);
    }

    /** claim_pages: of a domain by number. */
    static long claim(Vcpu v, long arg) {
        MemoryExtents x = MemoryExtents.at(v, arg);
        if (x.list() != 0 || x.order() != 0 || x.flags() != 0) {
            return v.refuse(Errno.EINVAL, "a claim is of pages only");
        }
        return v.domain.hypervisor.domain((int) x.domid()) == null
                ? v.refuse(Errno.EINVAL, "there is no domain " + x.domid())
                : v.refuse(Errno.EPERM, TOOLSTACK);
    }

    /** get_vnumainfo {domid u16, pad u16, ...}. */
    static long vnuma(Vcpu v, long arg) {
        read(v, arg, 40, 40);
        if (GuestAccess.get16(v, arg + 2) != 0) {
            return v.refuse(Errno.EINVAL, "the padding is not 0");
        }
        Domain d = domain(v, arg);
        if (d == null) {
            return noDomain(v);
        }
        return d == v.domain
                ? v.refuse(Errno.EOPNOTSUPP, "the domain has no virtual NUMA")
                : v.refuse(Errno.EPERM, TOOLSTACK);
    }

    /** reserved_device_memory_map {flags u32, nr_entries u32, ...}: no device reserves memory. */
    static long reservedDeviceMemory(Vcpu v, long arg) {
        read(v, arg, 24, 16);
        long entries = v.domain.compat() ? GuestAccess.get32(v, arg + 4) : 0;
        GuestAccess.check(v, GuestAccess.word(v, arg + 8, 0), 8 * entries);
        if ((GuestAccess.get32(v, arg) & ~1L) != 0) {
            return v.refuse(Errno.EINVAL, "unknown flags");
        }
        GuestAccess.put32(v, arg + 4, 0);
        return 0;
    }

    /** acquire_resource {domid u16, type u16, id u32, nr u32, pad u32, ...}: of other domains. */
    static long acquireResource(Vcpu v, long arg) {
        read(v, arg, 32, 28);
        if (GuestAccess.get32(v, arg + 12) != 0) {
            return v.refuse(Errno.EINVAL, "the padding is not 0");
        }
        long last = GuestAccess.get32(v, arg + 16) + GuestAccess.get32(v, arg + 8);
        if (GuestAccess.get32(v, arg + 20) != 0 || last >>> 32 != 0) {
            return v.refuse(Errno.EINVAL, "frames beyond 2^32");
        }
        long rc = remote(v, (int) GuestAccess.get16(v, arg));
        return rc != 0 ? rc : v.refuse(Errno.EPERM, TOOLSTACK);
    }

    /** access_op {op u8, access u8, domid u16, ...}: of other domains. */
    static long access(Vcpu v, long arg) {
        read(v, arg, 32, 24);
        long rc = remote(v, (int) GuestAccess.get16(v, arg + 2));
        return rc != 0 ? rc : v.refuse(Errno.EINVAL, "rights of pages are for HVM guests");
    }

    /** Whether {@code domid}, which must not be DOMID_SELF, is another domain: 0 or -errno. */
    static long remote(Vcpu v, int domid) {
        Domain d = v.domain.hypervisor.domain(domid);
        if (d == null) {
            return noDomain(v);
        }
        return d == v.domain ? v.refuse(Errno.EPERM, "it is for other domains") : 0;
    }
}
