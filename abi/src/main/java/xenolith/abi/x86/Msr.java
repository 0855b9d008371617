package xenolith.abi.x86;

/** Numbers of model-specific registers (SDM volume 4; APM volume 2, appendix A). */
public final class Msr {
    public static final int P5_MC_ADDR = 0;
    public static final int P5_MC_TYPE = 1;
    public static final int TSC = 0x10;
    public static final int PLATFORM_ID = 0x17;
    public static final int APIC_BASE = 0x1b;
    public static final int FEATURE_CONTROL = 0x3a;
    public static final int UCODE_REV = 0x8b;
    public static final int PERFCTR0 = 0xc1;
    public static final int PLATFORM_INFO = 0xce;
    public static final int MPERF = 0xe7;
    public static final int APERF = 0xe8;
    public static final int MISC_FEATURES_ENABLES = 0x140;
    public static final int SYSENTER_CS = 0x174;
    public static final int SYSENTER_ESP = 0x175;
    public static final int SYSENTER_EIP = 0x176;
    public static final int MCG_CAP = 0x179;
    public static final int MCG_STATUS = 0x17a;
    public static final int MCG_CTL = 0x17b;
    public static final int EVNTSEL0 = 0x186;
    public static final int PERF_STATUS = 0x198;
    public static final int PERF_CTL = 0x199;
    public static final int THERM_CONTROL = 0x19a;
    public static final int THERM_STATUS = 0x19c;
    public static final int MISC_ENABLE = 0x1a0;
    public static final int ENERGY_PERF_BIAS = 0x1b0;
    public static final int DEBUGCTL = 0x1d9;
    public static final int PAT = 0x277;
    public static final int MC0_CTL2 = 0x280;
    public static final int FIXED_CTR0 = 0x309;
    public static final int PERF_CAPABILITIES = 0x345;
    public static final int FIXED_CTR_CTRL = 0x38d;
    public static final int GLOBAL_OVF_CTRL = 0x390;
    public static final int MC0_CTL = 0x400;

    /** Xen's: writing it makes a page that of the stubs of hypercalls. */
    public static final int HYPERCALL_PAGE = 0x4000_0000;

    public static final int EFER = 0xc000_0080;
    public static final int STAR = 0xc000_0081;
    public static final int LSTAR = 0xc000_0082;
    public static final int CSTAR = 0xc000_0083;
    public static final int FMASK = 0xc000_0084;
    public static final int FS_BASE = 0xc000_0100;
    public static final int GS_BASE = 0xc000_0101;
    public static final int KERNEL_GS_BASE = 0xc000_0102;
    public static final int TSC_AUX = 0xc000_0103;
    public static final int NB_CFG = 0xc001_001f;

    private Msr() {}
}
