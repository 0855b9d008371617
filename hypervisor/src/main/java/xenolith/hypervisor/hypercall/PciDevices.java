package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;

/**
 * Operations of physdev_op on PCI devices and interrupt controllers, which are domain 0's; the host
 * has neither. The numbers beside the operations are the bytes of their arguments.
 */
final class PciDevices {
    static final String NONE = "the host has no such device";

    private static final int APIC_READ = 8;
    private static final int APIC_WRITE = 9;
    private static final int ALLOC_IRQ_VECTOR = 10;
    private static final int MANAGE_PCI_ADD = 15;
    private static final int MANAGE_PCI_REMOVE = 16;
    private static final int RESTORE_MSI = 19;
    private static final int MANAGE_PCI_ADD_EXT = 20;
    private static final int SETUP_GSI = 21;
    private static final int PCI_MMCFG_RESERVED = 24;
    private static final int PCI_DEVICE_ADD = 25;
    private static final int PCI_DEVICE_REMOVE = 26;
    private static final int RESTORE_MSI_EXT = 27;
    private static final int DBGP_OP = 29;
    private static final int PREPARE_MSIX = 30;
    private static final int RELEASE_MSIX = 31;

    /** In the flags of pci_device_add: its memory's place follows the structure. */
    private static final int HAS_PXM = 4;

    private PciDevices() {}

    /** Operation {@code cmd}, any number. */
    static long call(Vcpu v, int cmd, long arg) {
        return switch (cmd) {
            case APIC_READ -> apicRead(v, arg);
            case APIC_WRITE -> forDomain0(v, arg, apicSize(v), Errno.EINVAL);
            case ALLOC_IRQ_VECTOR -> allocVector(v, arg);
            case MANAGE_PCI_ADD, MANAGE_PCI_REMOVE -> forDomain0(v, arg, 2, Errno.ENODEV);
            case MANAGE_PCI_ADD_EXT -> addExtended(v, arg);
            case PREPARE_MSIX, RELEASE_MSIX, PCI_DEVICE_REMOVE ->
                    forDomain0(v, arg, 4, Errno.ENODEV);
            case PCI_DEVICE_ADD -> addDevice(v, arg);
            case PCI_MMCFG_RESERVED ->
                    v.domain.privileged ? forDomain0(v, arg, 16, Errno.ENODEV) : privilege(v);
            case RESTORE_MSI -> restore(v, arg, 2);
            case RESTORE_MSI_EXT -> restore(v, arg, 4);
            case SETUP_GSI -> setupGsi(v, arg);
            case DBGP_OP -> debugPort(v, arg);
            default -> v.refuse(Errno.ENOSYS, "no operation " + cmd);
        };
    }

    private static long privilege(Vcpu v) {
        return v.refuse(Errno.EPERM, "devices are domain 0's");
    }

    /** Reads the argument, then asks who calls; whoever may gets {@code errno}. */
    private static long forDomain0(Vcpu v, long arg, int size, int errno) {
        GuestAccess.readable(v, arg, size);
        return v.domain.privileged ? v.refuse(errno, NONE) : privilege(v);
    }

    /** physdev_apic {physical base word, register u32, value u32}. */
    private static int apicSize(Vcpu v) {
        return v.domain.abi().word() + 8;
    }

    /** Unlike a write, a read copies its argument back, even where there is no IO-APIC. */
    private static long apicRead(Vcpu v, long arg) {
        int size = apicSize(v);
        long rc = forDomain0(v, arg, size, Errno.EINVAL);
        if (rc != -Errno.EPERM) {
            GuestAccess.write(v, arg, GuestAccess.bytes(v, arg, size), 0, size);
        }
        return rc;
    }

    /** physdev_irq {irq u32; vector u32}: the vector's number says nothing to the caller. */
    private static long allocVector(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8);
        if (!v.domain.privileged) {
            return privilege(v);
        }
        GuestAccess.put32(v, arg + 4, GuestAccess.get32(v, arg));
        return 0;
    }

    /** {bus u8, devfn u8, is_extfn u32 at 4, is_virtfn u32, physfn bus u8, devfn u8}. */
    private static long addExtended(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 16);
        if (GuestAccess.get32(v, arg + 4) > 1 || GuestAccess.get32(v, arg + 8) > 1) {
            return v.refuse(Errno.EINVAL, "is_extfn and is_virtfn are 0 or 1");
        }
        return forDomain0(v, arg, 16, Errno.ENODEV);
    }

    /** {seg u16, bus u8, devfn u8, flags u32, physfn bus u8, devfn u8; u32s at 12}. */
    private static long addDevice(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 12);
        if ((GuestAccess.get32(v, arg + 4) & HAS_PXM) != 0) {
            GuestAccess.get32(v, arg + 12);
        }
        return forDomain0(v, arg, 12, Errno.ENODEV);
    }

    /** Whoever calls: Xen looks for the device only. */
    private static long restore(Vcpu v, long arg, int size) {
        GuestAccess.readable(v, arg, size);
        return v.refuse(Errno.ENODEV, NONE);
    }

    /** physdev_setup_gsi {gsi s32, triggering u8, polarity u8}. */
    private static long setupGsi(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8);
        long gsi = GuestAccess.get32(v, arg);
        if (gsi >= PhysicalInterrupts.GSIS) {
            return v.refuse(Errno.EINVAL, "there is no GSI " + (int) gsi);
        }
        return v.domain.privileged ? 0 : privilege(v);
    }

    /**
     * physdev_dbgp_op {op u8, bus u8, device}: there is no debug port, so nothing is to be done.
     */
    private static long debugPort(Vcpu v, long arg) {
        if (!v.domain.privileged) {
            return privilege(v);
        }
        GuestAccess.readable(v, arg, 6);
        return 0;
    }
}
