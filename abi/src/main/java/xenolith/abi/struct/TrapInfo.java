package xenolith.abi.struct;

/** struct trap_info (public/arch-x86/xen.h), 64-bit layout. */
public final class TrapInfo {
    public static final int SIZE = 16;

    /** One byte. */
    public static final int VECTOR = 0;

    /** One byte: bits 0 to 1 the lowest ring that may use it by INT, bit 2 mask events on entry. */
    public static final int FLAGS = 1;

    /** Two bytes. */
    public static final int CS = 2;

    public static final int ADDRESS = 8;

    /** Flag: evtchn_upcall_mask is set on entry. */
    public static final int MASK_EVENTS = 4;

    private TrapInfo() {}
}
