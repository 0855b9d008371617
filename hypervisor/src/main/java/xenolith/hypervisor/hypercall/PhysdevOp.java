package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Abi;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;

/**
 * physdev_op(cmd, arg): IOPL, the I/O bitmap and numbers of physical interrupts; the host has no
 * devices. Who may call is asked where Xen 4.17.7 asks (arch/x86/physdev.c): mostly after the whole
 * argument was read.
 */
final class PhysdevOp implements Handler {
    private static final int IRQ_UNMASK_NOTIFY = 4;
    private static final int IRQ_STATUS_QUERY = 5;
    private static final int SET_IOPL = 6;
    private static final int SET_IOBITMAP = 7;
    private static final int EOI = 12;
    private static final int MAP_PIRQ = 13;
    private static final int UNMAP_PIRQ = 14;
    private static final int PIRQ_EOI_GMFN_V1 = 17;
    private static final int GET_FREE_PIRQ = 23;
    private static final int PIRQ_EOI_GMFN_V2 = 28;

    /** An I/O bitmap is as long as if it were of all of them. */
    private static final int PORTS = 65_536;

    /** XENIRQSTAT_needs_eoi. */
    private static final int NEEDS_EOI = 1;

    @Override
    public long call(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        return switch ((int) cmd) {
            case SET_IOPL -> setIopl(v, arg);
            case SET_IOBITMAP -> setIobitmap(v, arg);
            case EOI -> PhysicalInterrupts.endOfInterrupt(v, GuestAccess.get32(v, arg));
            case IRQ_STATUS_QUERY -> status(v, arg);
            case IRQ_UNMASK_NOTIFY -> 0;
            case PIRQ_EOI_GMFN_V1, PIRQ_EOI_GMFN_V2 -> pirqEoiPage(v, GuestAccess.word(v, arg, 0));
            case MAP_PIRQ -> PhysicalInterrupts.map(v, arg);
            case UNMAP_PIRQ -> PhysicalInterrupts.unmap(v, arg);
            case GET_FREE_PIRQ -> PhysicalInterrupts.free(v, arg);
            default -> PciDevices.call(v, (int) cmd, arg);
        };
    }

    private static long setIopl(Vcpu v, long arg) {
        long iopl = GuestAccess.get32(v, arg);
        if (iopl > 3) {
            return v.refuse(Errno.EINVAL, "IOPL " + iopl);
        }
        v.iopl = (int) iopl;
        return 0;
    }

    /** set_iobitmap {bitmap pointer, nr_ports u32}. */
    private static long setIobitmap(Vcpu v, long arg) {
        int word = v.domain.abi().word();
        GuestAccess.readable(v, arg, 2 * word);
        long bitmap = GuestAccess.word(v, arg, 0);
        long ports = GuestAccess.get32(v, arg + word);
        // Of a 64-bit guest's list of bytes Xen looks at the first one's address only.
        int bytes = v.domain.abi() == Abi.BITS64 ? 0 : PORTS / 8;
        if (ports > PORTS || !GuestAccess.allowed(v, bitmap, bytes)) {
            return v.refuse(Errno.EINVAL, "an I/O bitmap of " + ports + " ports");
        }
        v.ioBitmap = bitmap;
        v.ioBitmapPorts = (int) ports;
        return 0;
    }

    /** irq_status_query {irq u32; flags u32}. */
    private static long status(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8);
        if (GuestAccess.get32(v, arg) >= PhysicalInterrupts.COUNT) {
            return v.refuse(Errno.EINVAL, "no such physical interrupt");
        }
        GuestAccess.put32(v, arg + 4, NEEDS_EOI);
        return 0;
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

    /** physdev_op_compat({cmd u32, one of the arguments of operations 5 to 11, a word on}). */
    long compat(Vcpu v, long op, long a2, long a3, long a4, long a5) {
        int word = v.domain.abi().word();
        // The longest argument is apic_op's: {word, u32, u32}.
        GuestAccess.readable(v, op, 2 * word + 8);
        return call(v, GuestAccess.get32(v, op), op + word, 0, 0, 0);
    }
}
