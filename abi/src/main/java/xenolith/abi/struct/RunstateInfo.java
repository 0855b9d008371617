package xenolith.abi.struct;

/** struct vcpu_runstate_info (public/vcpu.h), 64-bit layout. */
public final class RunstateInfo {
    public static final int SIZE = 48;
    public static final int STATE = 0;
    public static final int STATE_ENTRY_TIME = 8;

    /** Four times in nanoseconds, indexed by state. */
    public static final int TIME = 16;

    public static final int RUNNING = 0;
    public static final int RUNNABLE = 1;
    public static final int BLOCKED = 2;
    public static final int OFFLINE = 3;

    /** Bit of the entry time that is set while the area is being written. */
    public static final long UPDATE = 1L << 63;

    private RunstateInfo() {}
}
