package xenolith.hypervisor.memory;

/** Checks of segment descriptors in the GDT or LDT of a 64-bit PV guest (SDM volume 3, 3.4.5). */
public final class SegmentDescriptors {
    private static final long P = 1L << 47;
    private static final long DPL = 3L << 45;
    private static final long S = 1L << 44;
    private static final long TYPE = 0xfL << 40;
    private static final long CALL_GATE = 0xcL << 40;
    private static final int FIRST_RESERVED_ENTRY = 14 * 512;
    private static final int FLAT_KERNEL_CS = 0xe033;

    private SegmentDescriptors() {}

    /** Whether the guest may have {@code descriptor}. */
    public static boolean acceptable(long descriptor) {
        if ((descriptor & P) == 0 || (descriptor & S) != 0 || (descriptor & TYPE) == 0) {
            return true;
        }
        int selector = (int) (descriptor >>> 16) & 0xffff;
        boolean target =
                selector >>> 3 < FIRST_RESERVED_ENTRY
                        || selector == FLAT_KERNEL_CS
                        || (selector & 4) != 0;
        return (descriptor & TYPE) == CALL_GATE && target && (descriptor >>> 32 & 0xff) == 0;
    }

    /**
     * An acceptable {@code descriptor} as it is stored: code and data with DPL 3; call gates with
     * DPL 0, so that their use traps, and the wanted DPL in the selector.
     */
    public static long fixed(long descriptor) {
        if ((descriptor & P) == 0) {
            return descriptor;
        }
        if ((descriptor & S) != 0) {
            return descriptor | DPL;
        }
        return (descriptor & TYPE) == 0 ? descriptor : descriptor & ~DPL | 3L << 16;
    }
}
