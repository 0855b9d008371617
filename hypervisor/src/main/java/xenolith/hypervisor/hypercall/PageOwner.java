package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;

/** The domain that a call names as the owner of pages (Xen's get_pg_owner). */
final class PageOwner {
    private PageOwner() {}

    /**
     * Number of the owner that the low 16 bits of {@code domid} name, or -ESRCH. The caller is
     * DOMID_SELF and may not be named by its number.
     */
    static int find(Vcpu v, long domid) {
        int id = (int) domid & 0xffff;
        if (id == Domid.SELF) {
            return v.domain.domid();
        }
        if (id == v.domain.domid()) {
            return v.refuse(Errno.ESRCH, "the caller names itself as a foreign domain");
        }
        boolean known = id == Domid.IO || id == Domid.XEN;
        if (!known && v.domain.hypervisor.domain(id) == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + id);
        }
        return id;
    }

    /** Whether the caller may name {@code owner}: itself, or any if it is privileged. */
    static boolean allowed(Vcpu v, int owner) {
        return owner == v.domain.domid() || v.domain.privileged;
    }

    static int refuse(Vcpu v, int owner) {
        return v.refuse(Errno.EPERM, "d" + owner + " is another domain, the caller unprivileged");
    }

    /** The domain {@code id}, or null for those that are names only. */
    static @org.jspecify.annotations.Nullable Domain domain(Vcpu v, int id) {
        return v.domain.hypervisor.domain(id);
    }
}
