package xenolith.abi.xen;

/** Selectors of Xen's own flat segments for a 64-bit PV guest (public/arch-x86/xen-x86_64.h). */
public final class Selector {
    public static final int FLAT_CODE32 = 0xe023;
    public static final int FLAT_DATA = 0xe02b;
    public static final int FLAT_CODE64 = 0xe033;

    /** First GDT entry that is Xen's; the guest has 14 frames below it. */
    public static final int FIRST_RESERVED_GDT_ENTRY = 14 * 512;

    /** Frames of the guest's part of the GDT. */
    public static final int GDT_FRAMES = 14;

    private Selector() {}
}
