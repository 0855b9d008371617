package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;

/** physdev_op(cmd, arg): IOPL and I/O bitmap; the rest needs devices. */
final class PhysdevOp implements Handler {
    private static final int SET_IOPL = 6;
    private static final int SET_IOBITMAP = 7;
    private static final int IRQ_UNMASK_NOTIFY = 4;
    private static final int IRQ_STATUS_QUERY = 5;
    private static final int EOI = 12;
    private static final int PIRQ_EOI_GMFN_V1 = 17;
    private static final int PIRQ_EOI_GMFN_V2 = 28;
    private static final int RESTORE_MSI = 19;
    private static final int RESTORE_MSI_EXT = 27;

    /** An I/O bitmap is as long as if it were of all of them. */
    private static final int PORTS = 65_536;

    @Override
    public long call(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        return switch ((int) cmd) {
            case SET_IOPL -> {
                long iopl = GuestAccess.get32(v, arg);
                if (iopl > 3) {
                    yield v.refuse(Errno.EINVAL, "IOPL " + iopl);
                }
                v.iopl = (int) iopl;
                yield 0;
            }
            case SET_IOBITMAP -> {
                long bitmap = GuestAccess.word(v, arg, 0);
                long ports = GuestAccess.get32(v, arg + v.domain.abi().word());
                if (ports > PORTS || !GuestAccess.allowed(v, bitmap, PORTS / 8)) {
                    yield v.refuse(Errno.EINVAL, "an I/O bitmap of " + ports + " ports");
                }
                v.ioBitmap = bitmap;
                v.ioBitmapPorts = (int) ports;
                yield 0;
            }
            case EOI -> {
                GuestAccess.get32(v, arg);
                yield v.refuse(Errno.EINVAL, "the domain has no physical interrupts");
            }
            case IRQ_STATUS_QUERY -> {
                if (GuestAccess.get32(v, arg) >= EventChannelOp.PIRQS) {
                    yield v.refuse(Errno.EINVAL, "no such physical interrupt");
                }
                // XENIRQSTAT_needs_eoi.
                GuestAccess.put32(v, arg + 4, 1);
                yield 0;
            }
            case IRQ_UNMASK_NOTIFY -> 0;
            case RESTORE_MSI, RESTORE_MSI_EXT -> {
                GuestAccess.get32(v, arg);
                yield v.refuse(Errno.ENODEV, "the host has no devices");
            }
            case PIRQ_EOI_GMFN_V1, PIRQ_EOI_GMFN_V2 -> pirqEoiPage(v, GuestAccess.word(v, arg, 0));
            default -> {
                // Interrupts and PCI: a domain without devices may not.
                int c = (int) cmd;
                yield c >= 4 && c <= 32
                        ? v.refuse(Errno.EPERM, "the domain has no devices")
                        : v.refuse(Errno.ENOSYS, "no operation " + c);
            }
        };
    }

    /** Takes the page in which bits say which interrupts want an EOI: there are none. */
    private static long pirqEoiPage(Vcpu v, long mfn) {
        if (!v.domain.holdPage(mfn)) {
            return -Errno.EINVAL;
        }
        if (v.domain.pirqEoiMfn >= 0) {
            v.domain.dropPage(mfn);
            return v.refuse(Errno.EBUSY, "the domain has given a page before");
        }
        v.domain.pirqEoiMfn = mfn;
        return 0;
    }

    /** physdev_op_compat({cmd u32, argument at 8}). */
    long compat(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        return call(v, GuestAccess.get32(v, op), op + v.domain.abi().word(), 0, 0, 0);
    }
}
