package xenolith.abi.struct;

/** struct shared_info (public/xen.h), 64-bit layout; one page a domain. */
public final class SharedInfo {
    /** vcpu_info of the first 32 vCPUs, {@link VcpuInfo#SIZE} bytes each. */
    public static final int VCPU_INFO = 0;

    /** Number of vCPUs that have a place in this page. */
    public static final int LEGACY_VCPUS = 32;

    /** 64 words: one pending bit a port. */
    public static final int EVTCHN_PENDING = 2048;

    /** 64 words: one mask bit a port. */
    public static final int EVTCHN_MASK = 2560;

    public static final int WC_VERSION = 3072;
    public static final int WC_SEC = 3076;
    public static final int WC_NSEC = 3080;
    public static final int WC_SEC_HI = 3084;
    public static final int ARCH_MAX_PFN = 3088;
    public static final int ARCH_FRAME_LIST_LIST = 3096;
    public static final int ARCH_NMI_REASON = 3104;
    public static final int ARCH_P2M_CR3 = 3112;
    public static final int ARCH_P2M_VADDR = 3120;
    public static final int ARCH_P2M_GENERATION = 3128;

    private SharedInfo() {}
}
