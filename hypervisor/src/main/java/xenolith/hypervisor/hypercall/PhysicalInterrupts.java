package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;

/**
 * Numbers of physical interrupts ("pirq"): a guest may have some set aside for it, but no device is
 * ever behind them. The host has the 16 interrupts of a machine without an IO-APIC.
 */
final class PhysicalInterrupts {
    /** Interrupts of the host. */
    static final int GSIS = 16;

    /** Interrupts of a domain: the host's, and as many more as Xen gives a domU by default. */
    static final int COUNT = GSIS + 32;

    /** struct physdev_map_pirq. */
    private static final Layout MAP = new Layout();

    private static final Field DOMID = MAP.bytes(2);
    private static final Field TYPE = MAP.bytes(4);
    private static final Field INDEX = MAP.bytes(4);

    static {
        // pirq, bus, devfn, entry_nr.
        MAP.array(4, 4);
    }

    private static final Field TABLE_BASE = MAP.bytes(8);
    private static final Field END = MAP.end();

    private static final int MSI = 0;
    private static final int GSI = 1;
    private static final int MSI_SEG = 3;
    private static final int MULTI_MSI = 4;

    private PhysicalInterrupts() {}

    /** PHYSDEVOP_map_pirq; an argument that names a domain is written back, whatever the answer. */
    static long map(Vcpu v, long arg) {
        int size = GuestAccess.size(v, END);
        byte[] given = GuestAccess.bytes(v, arg, size);
        int type = (int) GuestAccess.get(v, arg, TYPE);
        if (type == MULTI_MSI && GuestAccess.get(v, arg, TABLE_BASE) != 0) {
            return v.refuse(Errno.EINVAL, "several MSIs and a table of MSI-X");
        }
        int index = (int) GuestAccess.get(v, arg, INDEX);
        final long rc = mapped(v, (int) GuestAccess.get(v, arg, DOMID), type, index);
        if (type == MSI_SEG) {
            given[TYPE.at(v.domain.abi())] = MSI;
        }
        GuestAccess.write(v, arg, given, 0, size);
        return rc;
    }

    private static long mapped(Vcpu v, int domid, int type, int index) {
        if (GrantTableOp.byAnyId(v, domid) == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + domid);
        }
        if (!v.domain.privileged) {
            return v.refuse(Errno.EPERM, "physical interrupts are domain 0's to map");
        }
        return switch (type) {
            case GSI ->
                    index > 0 && index < GSIS
                            ? v.refuse(Errno.ENODEV, PciDevices.NONE)
                            : v.refuse(Errno.EINVAL, "there is no GSI " + index);
            // -1 asks for any vector.
            case MSI, MSI_SEG, MULTI_MSI ->
                    index == -1 || type == MULTI_MSI
                            ? v.refuse(Errno.ENODEV, PciDevices.NONE)
                            : v.refuse(Errno.EINVAL, "no interrupt " + index + " for an MSI");
            default -> v.refuse(Errno.EINVAL, "no type " + type + " of physical interrupt");
        };
    }

    /** PHYSDEVOP_unmap_pirq {domid u16, pirq s32 at 4}. */
    static long unmap(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8);
        int domid = (int) GuestAccess.get16(v, arg);
        if (GrantTableOp.byAnyId(v, domid) == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + domid);
        }
        return v.domain.privileged
                ? v.refuse(Errno.EINVAL, "no such physical interrupt is mapped")
                : v.refuse(Errno.EPERM, "physical interrupts are domain 0's to unmap");
    }

    /**
     * PHYSDEVOP_get_free_pirq {type s32; pirq u32}: the highest number that is not set aside yet.
     */
    static long free(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8);
        Domain d = v.domain;
        int pirq = COUNT - 1;
        while (pirq >= GSIS && (d.pirqs >>> pirq & 1) != 0) {
            pirq--;
        }
        if (pirq < GSIS) {
            return v.refuse(Errno.ENOSPC, "all numbers of physical interrupts are set aside");
        }
        d.pirqs |= 1L << pirq;
        GuestAccess.put32(v, arg + 4, pirq);
        return 0;
    }

    /** PHYSDEVOP_eoi: a number that was set aside has nothing to end. */
    static long endOfInterrupt(Vcpu v, long pirq) {
        return pirq < COUNT && (v.domain.pirqs >>> pirq & 1) != 0
                ? 0
                : v.refuse(Errno.EINVAL, "the domain has no physical interrupt " + pirq);
    }
}
