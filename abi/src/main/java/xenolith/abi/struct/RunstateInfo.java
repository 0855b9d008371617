package xenolith.abi.struct;

/** struct vcpu_runstate_info (public/vcpu.h). */
public final class RunstateInfo {
    private static final Layout LAYOUT = new Layout();
    public static final Field STATE = LAYOUT.bytes(4);
    public static final Field STATE_ENTRY_TIME = LAYOUT.bytes(8);

    /** Four times in nanoseconds, indexed by state. */
    public static final Field TIME = LAYOUT.array(8, 4);

    public static final Field SIZE = LAYOUT.end();

    public static final int RUNNING = 0;
    public static final int RUNNABLE = 1;
    public static final int BLOCKED = 2;
    public static final int OFFLINE = 3;

    /** Bit of the entry time that is set while the area is being written. */
    public static final long UPDATE = 1L << 63;

    private RunstateInfo() {}
}
