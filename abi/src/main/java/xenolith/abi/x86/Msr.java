package xenolith.abi.x86;

/** Numbers of model-specific registers (SDM volume 4; APM volume 2, appendix A). */
public final class Msr {
    public static final int TSC = 0x10;
    public static final int APIC_BASE = 0x1b;
    public static final int PLATFORM_INFO = 0xce;
    public static final int MISC_FEATURES_ENABLES = 0x140;
    public static final int SYSENTER_CS = 0x174;
    public static final int SYSENTER_ESP = 0x175;
    public static final int SYSENTER_EIP = 0x176;
    public static final int MISC_ENABLE = 0x1a0;
    public static final int DEBUGCTL = 0x1d9;
    public static final int PAT = 0x277;
    public static final int EFER = 0xc000_0080;
    public static final int STAR = 0xc000_0081;
    public static final int LSTAR = 0xc000_0082;
    public static final int CSTAR = 0xc000_0083;
    public static final int FMASK = 0xc000_0084;
    public static final int FS_BASE = 0xc000_0100;
    public static final int GS_BASE = 0xc000_0101;
    public static final int KERNEL_GS_BASE = 0xc000_0102;
    public static final int TSC_AUX = 0xc000_0103;

    private Msr() {}
}
