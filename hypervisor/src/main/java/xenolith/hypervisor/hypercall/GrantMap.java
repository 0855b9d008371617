package xenolith.hypervisor.hypercall;

import xenolith.abi.x86.Pte;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.paging.GrantMapping;

/** GNTTABOP_map_grant_ref, unmap_grant_ref and unmap_and_replace. */
final class GrantMap {
    private static final int DEVICE = 1;
    private static final int HOST = 2;
    private static final int READONLY = 4;
    private static final int APPLICATION = 8;
    private static final int CONTAINS_PTE = 16;
    private static final int AVAIL_SHIFT = 16;

    /** No address to move an entry from: not canonical, so never a guest's. */
    private static final long NO_ADDRESS = 1L << 62;

    /**
     * {host_addr u64, flags u32 at 8, ref u32, dom u16 at 16, status s16, handle u32 at 20,
     * dev_bus_addr u64 at 24}.
     */
    void map(Vcpu v, long at) {
        long hostAddr = GuestAccess.get64(v, at);
        int flags = (int) GuestAccess.get32(v, at + 8);
        long ref = GuestAccess.get32(v, at + 12);
        Domain granter = v.domain.hypervisor.domain((int) GuestAccess.get16(v, at + 16));
        int status;
        if ((flags & (DEVICE | HOST)) == 0) {
            status = GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, "neither device nor host");
        } else if (granter == null) {
            status = GrantTableOp.refuse(v, GrantStatus.BAD_DOMAIN, "there is no such domain");
        } else if (granter.grants == null) {
            status = GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, "domain 0 grants nothing");
        } else {
            status = map(v, at, hostAddr, flags, ref, granter.grants);
        }
        GuestAccess.put16(v, at + 18, status);
    }

    private static int map(
            Vcpu v, long at, long hostAddr, int flags, long ref, GrantTable granter) {
        if (!GrantTableOp.table(v).hasRoom()) {
            return GrantTableOp.refuse(v, GrantStatus.NO_DEVICE_SPACE, "too many mappings");
        }
        boolean readOnly = (flags & READONLY) != 0;
        // A device and a host mapping each hold their own use of the grant.
        int uses = Integer.bitCount(flags & (DEVICE | HOST));
        long mfn = granter.acquire(ref, v.domain.domid(), readOnly);
        if (mfn < 0) {
            return (int) mfn;
        }
        if (uses == 2) {
            long again = granter.acquire(ref, v.domain.domid(), readOnly);
            if (again != mfn) {
                if (again >= 0) {
                    granter.release((int) ref, again, readOnly);
                }
                granter.release((int) ref, mfn, readOnly);
                return GrantTableOp.refuse(
                        v, GrantStatus.GENERAL_ERROR, "the granter changes its entry");
            }
        }
        if ((flags & HOST) != 0) {
            int rc =
                    GrantMapping.create(
                            v.paging,
                            hostAddr,
                            (flags & CONTAINS_PTE) != 0,
                            mfn,
                            readOnly,
                            (flags & APPLICATION) != 0,
                            flags >>> AVAIL_SHIFT & 7);
            if (rc < 0) {
                for (int i = 0; i < uses; i++) {
                    granter.release((int) ref, mfn, readOnly);
                }
                return GrantStatus.GENERAL_ERROR;
            }
        }
        GrantTable.Mapping m = new GrantTable.Mapping(granter, (int) ref, mfn, hostAddr, flags);
        GuestAccess.put32(v, at + 20, GrantTableOp.table(v).add(m));
        GuestAccess.put64(v, at + 24, mfn << Pte.PAGE_SHIFT);
        return GrantStatus.OKAY;
    }

    /**
     * {host_addr u64, dev_bus_addr or new_addr u64, handle u32 at 16, status s16 at 20}: an address
     * of 0 leaves that part of the mapping in place.
     */
    void unmap(Vcpu v, long at, boolean replace) {
        long hostAddr = GuestAccess.get64(v, at);
        long second = GuestAccess.get64(v, at + 8);
        long handle = GuestAccess.get32(v, at + 16);
        GrantTable own = GrantTableOp.table(v);
        GrantTable.Mapping m = own.mapping(handle);
        int status;
        if (m == null) {
            String why = "handle " + handle + " stands for no mapping";
            status = GrantTableOp.refuse(v, GrantStatus.BAD_HANDLE, why);
        } else if (replace) {
            status = part(v, own, (int) handle, m, hostAddr, second, HOST);
        } else {
            status = unmapParts(v, own, (int) handle, m, hostAddr, second);
        }
        GuestAccess.put16(v, at + 20, status);
    }

    private static int unmapParts(
            Vcpu v,
            GrantTable own,
            int handle,
            GrantTable.Mapping m,
            long hostAddr,
            long deviceAddr) {
        if (deviceAddr != 0 && deviceAddr != m.mfn() << Pte.PAGE_SHIFT) {
            return GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, "another device address");
        }
        int status = GrantStatus.OKAY;
        if (hostAddr != 0 && (m.flags() & HOST) != 0) {
            status = part(v, own, handle, m, hostAddr, NO_ADDRESS, HOST);
        }
        GrantTable.Mapping left = own.mapping(handle);
        if (status == 0 && deviceAddr != 0 && left != null && (left.flags() & DEVICE) != 0) {
            status = part(v, own, handle, left, 0, NO_ADDRESS, DEVICE);
        }
        return status;
    }

    /** Ends one part of a mapping, and the mapping with its last part. */
    private static int part(
            Vcpu v,
            GrantTable own,
            int handle,
            GrantTable.Mapping m,
            long hostAddr,
            long newAddr,
            int part) {
        boolean readOnly = (m.flags() & READONLY) != 0;
        if ((m.flags() & part) == 0) {
            return GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, "no mapping of that kind");
        }
        if (part == HOST) {
            boolean pte = (m.flags() & CONTAINS_PTE) != 0;
            int rc =
                    newAddr == NO_ADDRESS
                            ? GrantMapping.destroy(v.paging, hostAddr, pte, m.mfn(), readOnly)
                            : GrantMapping.replace(v.paging, hostAddr, newAddr, m.mfn(), readOnly);
            if (rc < 0) {
                return GrantStatus.GENERAL_ERROR;
            }
        }
        m.granter().release(m.ref(), m.mfn(), readOnly);
        int left = m.flags() & ~part;
        own.replace(
                handle,
                (left & (DEVICE | HOST)) == 0
                        ? null
                        : new GrantTable.Mapping(
                                m.granter(), m.ref(), m.mfn(), m.hostAddr(), left));
        return GrantStatus.OKAY;
    }
}
