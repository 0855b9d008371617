package xenolith.abi.struct;

/** struct trap_info (public/arch-x86/xen.h). */
public final class TrapInfo {
    private static final Layout LAYOUT = new Layout();
    public static final Field VECTOR = LAYOUT.bytes(1);

    /** Bits 0 to 1 the lowest ring that may use it by INT, bit 2 mask events on entry. */
    public static final Field FLAGS = LAYOUT.bytes(1);

    public static final Field CS = LAYOUT.bytes(2);
    public static final Field ADDRESS = LAYOUT.word();
    public static final Field SIZE = LAYOUT.end();

    /** Flag: evtchn_upcall_mask is set on entry. */
    public static final int MASK_EVENTS = 4;

    private TrapInfo() {}
}
