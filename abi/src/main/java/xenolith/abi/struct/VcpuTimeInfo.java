package xenolith.abi.struct;

/** struct vcpu_time_info (public/xen.h): the paravirtual clock, 32 bytes. */
public final class VcpuTimeInfo {
    public static final int VERSION = 0;
    public static final int TSC_TIMESTAMP = 8;
    public static final int SYSTEM_TIME = 16;
    public static final int TSC_TO_SYSTEM_MUL = 24;
    public static final int TSC_SHIFT = 28;
    public static final int FLAGS = 29;

    /** Flag: the counter agrees on all vCPUs. */
    public static final int TSC_STABLE = 1;

    private VcpuTimeInfo() {}
}
