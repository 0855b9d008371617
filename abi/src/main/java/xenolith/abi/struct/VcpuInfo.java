package xenolith.abi.struct;

/** struct vcpu_info (public/xen.h): 64 bytes in both layouts. */
public final class VcpuInfo {
    public static final int SIZE = 64;

    /** One byte: an upcall is wanted. */
    public static final int EVTCHN_UPCALL_PENDING = 0;

    /** One byte: upcalls are masked. */
    public static final int EVTCHN_UPCALL_MASK = 1;

    private static final Layout LAYOUT = new Layout();

    static {
        // The two bytes above.
        LAYOUT.array(1, 2);
    }

    /** A word with a bit for each word of the pending array that has something. */
    public static final Field EVTCHN_PENDING_SEL = LAYOUT.word();

    public static final Field ARCH_CR2 = LAYOUT.word();

    /** A {@link VcpuTimeInfo}. */
    public static final int TIME = 32;

    private VcpuInfo() {}
}
