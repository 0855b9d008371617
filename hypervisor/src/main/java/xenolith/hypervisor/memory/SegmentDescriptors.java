package xenolith.hypervisor.memory;

import xenolith.abi.struct.Abi;
import xenolith.abi.xen.Hole;
import xenolith.abi.xen.Selector32;
import xenolith.machine.cpu.Descriptor;

/** Checks of segment descriptors in the GDT or LDT of a PV guest (SDM volume 3, 3.4.5). */
public final class SegmentDescriptors {
    private static final long P = 1L << 47;
    private static final long DPL = 3L << 45;
    private static final long S = 1L << 44;
    private static final long TYPE = 0xfL << 40;
    private static final long L = 1L << 53;
    private static final long G = 1L << 55;
    private static final long LIMIT = 0xf_0000_0000_ffffL;
    private static final long CALL_GATE = 0xcL << 40;
    private static final int FIRST_RESERVED_ENTRY = 14 * 512;
    private static final int FLAT_KERNEL_CS = 0xe033;

    private SegmentDescriptors() {}

    /** Whether the guest may have {@code descriptor}. */
    public static boolean acceptable(long descriptor, Abi abi) {
        boolean compat = abi == Abi.BITS32;
        if ((descriptor & P) == 0) {
            return true;
        }
        if ((descriptor & S) != 0) {
            return !compat || (descriptor & L) == 0;
        }
        if ((descriptor & TYPE) == 0) {
            return true;
        }
        int selector = (int) (descriptor >>> 16) & 0xffff;
        boolean target =
                selector >>> 3 < FIRST_RESERVED_ENTRY
                        || selector == (compat ? Selector32.FLAT_KERNEL_CODE : FLAT_KERNEL_CS)
                        || (selector & 4) != 0;
        return (descriptor & TYPE) == CALL_GATE
                && target
                && (descriptor >>> 32 & (compat ? 0xe0 : 0xff)) == 0;
    }

    /**
     * An acceptable {@code descriptor} as it is stored: code and data with the DPL of the guest's
     * kernel at least; call gates with DPL 0, so that their use traps, and the wanted DPL in the
     * selector.
     */
    public static long fixed(long descriptor, Abi abi) {
        if ((descriptor & P) == 0) {
            return descriptor;
        }
        boolean compat = abi == Abi.BITS32;
        long dpl = compat ? Math.max(1, (descriptor & DPL) >>> 45) : 3;
        if ((descriptor & S) != 0) {
            return (compat ? wide(descriptor) : descriptor) & ~DPL | dpl << 45;
        }
        return (descriptor & TYPE) == 0 ? descriptor : descriptor & ~DPL & ~(3L << 16) | dpl << 16;
    }

    /** Whether {@code descriptor} is one that {@link #fixed} may have given. */
    static boolean stored(long descriptor, Abi abi) {
        boolean gate = (descriptor & (P | S)) == P && (descriptor & TYPE) != 0;
        if (!gate || abi == Abi.BITS64) {
            return acceptable(descriptor, abi) && fixed(descriptor, abi) == descriptor;
        }
        // A 32-bit guest's gate keeps the DPL that was wanted in the selector: 1, 2 or 3.
        long wanted = descriptor & 3L << 16;
        long given = descriptor & ~(3L << 16) | 1L << 16;
        return (descriptor & DPL) == 0 && wanted != 0 && acceptable(given, abi);
    }

    /**
     * A 32-bit segment from 0 that ends within the hypervisor's range, as old kernels have them,
     * becomes one of 4 GiB: the machine-to-physical table may begin lower than they know.
     */
    private static long wide(long descriptor) {
        Descriptor d = new Descriptor(descriptor);
        boolean bytes = (descriptor & G) == 0;
        long end = bytes ? d.limit() + 1 : (d.limit() >>> 12) + 1 << 12;
        return d.base() == 0 && end > Hole.START ? descriptor | LIMIT : descriptor;
    }
}
