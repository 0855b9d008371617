package xenolith.abi.struct;

/** struct vcpu_info (public/xen.h), 64-bit layout. */
public final class VcpuInfo {
    public static final int SIZE = 64;

    /** One byte: an upcall is wanted. */
    public static final int EVTCHN_UPCALL_PENDING = 0;

    /** One byte: upcalls are masked. */
    public static final int EVTCHN_UPCALL_MASK = 1;

    /** 64 bits: words of the pending array that have something. */
    public static final int EVTCHN_PENDING_SEL = 8;

    public static final int ARCH_CR2 = 16;

    /** A {@link VcpuTimeInfo}. */
    public static final int TIME = 32;

    private VcpuInfo() {}
}
