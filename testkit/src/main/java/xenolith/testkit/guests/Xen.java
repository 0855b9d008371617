package xenolith.testkit.guests;

/** Numbers of the interface that the guests use (public/xen.h and its kin). */
public final class Xen {
    public static final int SET_TRAP_TABLE = 0;
    public static final int MMU_UPDATE = 1;
    public static final int SET_GDT = 2;
    public static final int STACK_SWITCH = 3;
    public static final int FPU_TASKSWITCH = 5;
    public static final int SET_DEBUGREG = 8;
    public static final int GET_DEBUGREG = 9;
    public static final int MULTICALL = 13;
    public static final int UPDATE_VA_MAPPING = 14;
    public static final int SET_TIMER_OP = 15;
    public static final int XEN_VERSION = 17;
    public static final int CONSOLE_IO = 18;
    public static final int GRANT_TABLE_OP = 20;
    public static final int VM_ASSIST = 21;
    public static final int IRET = 23;
    public static final int VCPU_OP = 24;
    public static final int SET_SEGMENT_BASE = 25;
    public static final int MMUEXT_OP = 26;
    public static final int SCHED_OP = 29;
    public static final int CALLBACK_OP = 30;
    public static final int EVENT_CHANNEL_OP = 32;
    public static final int PHYSDEV_OP = 33;

    public static final int SCHED_YIELD = 0;
    public static final int SCHED_BLOCK = 1;
    public static final int SCHED_SHUTDOWN = 2;
    public static final int SCHED_POLL = 3;

    public static final int EVTCHN_BIND_VIRQ = 1;
    public static final int EVTCHN_SEND = 4;
    public static final int EVTCHN_STATUS = 5;
    public static final int EVTCHN_ALLOC_UNBOUND = 6;
    public static final int EVTCHN_BIND_IPI = 7;
    public static final int EVTCHN_UNMASK = 9;

    public static final int CALLBACK_EVENT = 0;
    public static final int CALLBACK_FAILSAFE = 1;
    public static final int CALLBACK_SYSCALL = 2;
    public static final int CALLBACK_SYSENTER = 5;

    public static final int PIN_L1 = 0;
    public static final int UNPIN = 4;
    public static final int NEW_USER_BASEPTR = 15;

    public static final int DOMID_SELF = 0x7ff0;
    public static final int EINVAL = -22;
    public static final int EBUSY = -16;
    public static final int ENOSYS = -38;
    public static final int ETIME = -62;

    /** update_va_mapping: flush this page of this vCPU. */
    public static final int INVLPG = 2;

    /** Flat selectors. */
    public static final int USER_CS = 0xe033;

    public static final int KERNEL_CS = 0xe030;
    public static final int FLAT_SS = 0xe02b;

    public static final long M2P = 0xffff_8000_0000_0000L;

    // Offsets in shared_info; vcpu_info of vCPU 0 is its beginning.
    public static final int UPCALL_PENDING = 0;
    public static final int UPCALL_MASK = 1;
    public static final int PENDING_SEL = 8;
    public static final int ARCH_CR2 = 16;
    public static final int TIME = 32;
    public static final int EVTCHN_PENDING = 2048;
    public static final int EVTCHN_MASK = 2560;

    // Offsets in start_info.
    public static final int NR_PAGES = 32;
    public static final int SHARED_INFO = 40;
    public static final int CONSOLE_MFN = 72;
    public static final int CONSOLE_EVTCHN = 80;
    public static final int PT_BASE = 88;
    public static final int MFN_LIST = 104;

    private Xen() {}
}
