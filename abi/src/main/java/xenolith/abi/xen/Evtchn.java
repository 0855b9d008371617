package xenolith.abi.xen;

/** Operations and states of event channels (public/event_channel.h). */
public final class Evtchn {
    public static final int BIND_INTERDOMAIN = 0;
    public static final int BIND_VIRQ = 1;
    public static final int BIND_PIRQ = 2;
    public static final int CLOSE = 3;
    public static final int SEND = 4;
    public static final int STATUS = 5;
    public static final int ALLOC_UNBOUND = 6;
    public static final int BIND_IPI = 7;
    public static final int BIND_VCPU = 8;
    public static final int UNMASK = 9;
    public static final int RESET = 10;
    public static final int INIT_CONTROL = 11;
    public static final int EXPAND_ARRAY = 12;
    public static final int SET_PRIORITY = 13;

    /** Xen's own, as which a reset that paused goes on. */
    public static final int RESET_CONT = 14;

    public static final int STATUS_CLOSED = 0;
    public static final int STATUS_UNBOUND = 1;
    public static final int STATUS_INTERDOMAIN = 2;
    public static final int STATUS_PIRQ = 3;
    public static final int STATUS_VIRQ = 4;
    public static final int STATUS_IPI = 5;

    /** Ports of the FIFO ABI, port 0 included. */
    public static final int FIFO_CHANNELS = 1 << 17;

    /** Bits of a link from one event to the next. */
    public static final int FIFO_LINK_BITS = 17;

    /** Queues of a vCPU; 0 is the first priority. */
    public static final int FIFO_QUEUES = 16;

    public static final int FIFO_PRIORITY_DEFAULT = 7;

    /** Offset of the 16 heads (u32) in a control block, behind {ready u32, reserved u32}. */
    public static final int FIFO_HEADS = 8;

    /** Size of a control block. */
    public static final int FIFO_CONTROL_BLOCK = FIFO_HEADS + 4 * FIFO_QUEUES;

    private Evtchn() {}
}
