package xenolith.abi.struct;

/** struct shared_info (public/xen.h); one page a domain. */
public final class SharedInfo {
    /** Number of vCPUs that have a place in this page. */
    public static final int LEGACY_VCPUS = 32;

    private static final Layout LAYOUT = new Layout();

    /** vcpu_info of the first 32 vCPUs, {@link VcpuInfo#SIZE} bytes each, from offset 0 on. */
    public static final Field VCPU_INFO = LAYOUT.array(8, LEGACY_VCPUS * VcpuInfo.SIZE / 8);

    /** As many words as a word has bits: one pending bit a port. */
    public static final Field EVTCHN_PENDING = LAYOUT.struct(64 * 8, 32 * 4);

    /** Likewise, one mask bit a port. */
    public static final Field EVTCHN_MASK = LAYOUT.struct(64 * 8, 32 * 4);

    public static final Field WC_VERSION = LAYOUT.bytes(4);
    public static final Field WC_SEC = LAYOUT.bytes(4);
    public static final Field WC_NSEC = LAYOUT.bytes(4);

    /** Of 64-bit guests only: the others have it in {@link #ARCH_WC_SEC_HI}. */
    public static final Field WC_SEC_HI = LAYOUT.only(Abi.BITS64, 4);

    public static final Field ARCH_MAX_PFN = LAYOUT.word();
    public static final Field ARCH_FRAME_LIST_LIST = LAYOUT.word();
    public static final Field ARCH_NMI_REASON = LAYOUT.word();
    public static final Field ARCH_P2M_CR3 = LAYOUT.word();
    public static final Field ARCH_P2M_VADDR = LAYOUT.word();
    public static final Field ARCH_P2M_GENERATION = LAYOUT.word();

    /** Of 32-bit guests only. */
    public static final Field ARCH_WC_SEC_HI = LAYOUT.only(Abi.BITS32, 4);

    private SharedInfo() {}

    /** Offset of the upper half of the wall clock's seconds. */
    public static int secondsHigh(Abi abi) {
        return (abi == Abi.BITS64 ? WC_SEC_HI : ARCH_WC_SEC_HI).at(abi);
    }
}
