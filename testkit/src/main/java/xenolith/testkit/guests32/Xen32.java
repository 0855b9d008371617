package xenolith.testkit.guests32;

/** What of the interface is other numbers for 32-bit guests (public/arch-x86/xen-x86_32.h). */
final class Xen32 {
    static final int KERNEL_CS = 0xe019;
    static final int KERNEL_DS = 0xe021;
    static final int USER_CS = 0xe02b;
    static final int USER_DS = 0xe033;

    static final long M2P = 0xf580_0000L;

    // Offsets in shared_info; vcpu_info of vCPU 0 is its beginning.
    static final int UPCALL_MASK = 1;
    static final int PENDING_SEL = 4;
    static final int ARCH_CR2 = 8;
    static final int EVTCHN_PENDING = 2048;

    // Offsets in start_info.
    static final int SHARED_INFO = 36;
    static final int CONSOLE_MFN = 52;
    static final int CONSOLE_EVTCHN = 56;
    static final int PT_BASE = 60;
    static final int MFN_LIST = 68;

    private Xen32() {}
}
