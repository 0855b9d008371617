package xenolith.hypervisor.hypercall;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.grant.Maptrack;
import xenolith.hypervisor.paging.GrantMapping;

/** GNTTABOP_map_grant_ref, unmap_grant_ref and unmap_and_replace. */
final class GrantMap {
    private static final int PARTS = Gnttab.DEVICE_MAP | Gnttab.HOST_MAP;
    private static final int AVAIL_SHIFT = 16;

    // ---- map ---------------------------------------------------------------------------------

    /**
     * {host_addr u64, flags u32 at 8, ref u32, dom u16 at 16, status s16, handle u32 at 20,
     * dev_bus_addr u64 at 24}.
     */
    int map(Vcpu v, long at) {
        long hostAddr = GuestAccess.get64(v, at);
        int flags = (int) GuestAccess.get32(v, at + 8);
        long ref = GuestAccess.get32(v, at + 12);
        Domain granter = v.domain.hypervisor.domain((int) GuestAccess.get16(v, at + 16));
        int status;
        if ((flags & PARTS) == 0) {
            status = GrantTableOp.refuse(v, GrantStatus.BAD_GNTREF, "neither device nor host");
        } else if (granter == null) {
            status = GrantTableOp.refuse(v, GrantStatus.BAD_DOMAIN, "there is no such domain");
        } else {
            status = map(v, at, hostAddr, flags, ref, granter.grants);
        }
        GuestAccess.put16(v, at + 18, status);
        return status;
    }

    private static int map(
            Vcpu v, long at, long hostAddr, int flags, long ref, GrantTable granter) {
        Maptrack own = GrantTableOp.table(v).maptrack();
        int handle = own.take(v.id);
        if (handle == Maptrack.NONE) {
            return GrantTableOp.refuse(v, GrantStatus.NO_SPACE, "too many mappings");
        }
        long mfn = map(v, hostAddr, flags, ref, granter);
        if (mfn < 0) {
            own.set(handle, null);
            return (int) mfn;
        }
        own.set(handle, new Maptrack.Mapping(granter, (int) ref, mfn, hostAddr, flags));
        GuestAccess.put32(v, at + 20, handle);
        GuestAccess.put64(v, at + 24, mfn << Pte.PAGE_SHIFT);
        return GrantStatus.OKAY;
    }

    /** The frame, or a negative status. */
    private static long map(Vcpu v, long hostAddr, int flags, long ref, GrantTable granter) {
        // A device and a host mapping each hold their own use of the grant.
        long mfn = granter.map(ref, v.domain.domid(), flags);
        if (mfn < 0) {
            return mfn;
        }
        if ((flags & Gnttab.HOST_MAP) != 0) {
            int rc =
                    GrantMapping.create(
                            v.paging,
                            hostAddr,
                            (flags & Gnttab.CONTAINS_PTE) != 0,
                            mfn,
                            (flags & Gnttab.MAP_READONLY) != 0,
                            (flags & Gnttab.APPLICATION_MAP) != 0,
                            flags >>> AVAIL_SHIFT & 7);
            if (rc < 0) {
                granter.unmap((int) ref, mfn, flags);
                return GrantStatus.GENERAL_ERROR;
            }
        }
        return mfn;
    }

    // ---- unmap -------------------------------------------------------------------------------

    /**
     * {host_addr u64, dev_bus_addr u64, handle u32 at 16, status s16 at 20}: an address of 0 leaves
     * that part of the mapping in place.
     */
    int unmap(Vcpu v, long at) {
        long hostAddr = GuestAccess.get64(v, at);
        long deviceAddr = GuestAccess.get64(v, at + 8);
        return put(v, at, end(v, at, hostAddr, deviceAddr, 0));
    }

    private static int put(Vcpu v, long at, int status) {
        GuestAccess.put16(v, at + 20, status);
        return status;
    }

    /** {host_addr u64, new_addr u64, handle u32 at 16, status s16 at 20}. */
    int replace(Vcpu v, long at) {
        long hostAddr = GuestAccess.get64(v, at);
        long newAddr = GuestAccess.get64(v, at + 8);
        return put(v, at, end(v, at, hostAddr, 0, newAddr));
    }

    private static int end(Vcpu v, long at, long hostAddr, long deviceAddr, long newAddr) {
        long handle = GuestAccess.get32(v, at + 16);
        Maptrack own = GrantTableOp.table(v).maptrack();
        Maptrack.Mapping m = own.mapping(handle);
        if (m == null) {
            String why = "handle " + handle + " stands for no mapping";
            return GrantTableOp.refuse(v, GrantStatus.BAD_HANDLE, why);
        }
        boolean host = hostAddr != 0 && (m.flags() & Gnttab.HOST_MAP) != 0;
        boolean device = deviceAddr != 0 && (m.flags() & Gnttab.DEVICE_MAP) != 0;
        if (device && deviceAddr != m.mfn() << Pte.PAGE_SHIFT) {
            return GrantTableOp.refuse(v, GrantStatus.BAD_DEV_ADDR, "another device address");
        }
        if (host && remove(v, m, hostAddr, newAddr) < 0) {
            return GrantStatus.GENERAL_ERROR;
        }
        int done = (host ? Gnttab.HOST_MAP : 0) | (device ? Gnttab.DEVICE_MAP : 0);
        int left = m.flags() & ~done;
        own.set(
                (int) handle,
                (left & PARTS) == 0
                        ? null
                        : new Maptrack.Mapping(m.granter(), m.ref(), m.mfn(), m.hostAddr(), left));
        m.granter().unmap(m.ref(), m.mfn(), done | m.flags() & Gnttab.MAP_READONLY);
        return GrantStatus.OKAY;
    }

    /** Takes the entry away, or with {@code newAddr} puts that address's in its place. */
    private static int remove(Vcpu v, Maptrack.Mapping m, long hostAddr, long newAddr) {
        boolean readOnly = (m.flags() & Gnttab.MAP_READONLY) != 0;
        boolean pte = (m.flags() & Gnttab.CONTAINS_PTE) != 0;
        if (newAddr == 0) {
            return GrantMapping.destroy(v.paging, hostAddr, pte, m.mfn(), readOnly);
        }
        return pte
                ? v.refuse(Errno.EINVAL, "mapped by the address of an entry")
                : GrantMapping.replace(v.paging, hostAddr, newAddr, m.mfn(), readOnly);
    }
}
