package xenolith.abi.xen;

/** Selectors of Xen's own flat segments for a 32-bit PV guest (public/arch-x86/xen-x86_32.h). */
public final class Selector32 {
    /** Code of ring 1, the guest's kernel. */
    public static final int FLAT_KERNEL_CODE = 0xe019;

    public static final int FLAT_KERNEL_DATA = 0xe021;

    /** Code of ring 3, the guest's programs. */
    public static final int FLAT_USER_CODE = 0xe02b;

    public static final int FLAT_USER_DATA = 0xe033;

    private Selector32() {}
}
