package xenolith.hypervisor.pv;

/**
 * CR3 as a 32-bit guest has it (public/arch-x86/xen-x86_32.h): the frame of its level-3 table, with
 * bits 20 to 31 of the number in the low bits ("extended CR3"), so that the table may lie anywhere.
 */
final class PaeCr3 {
    private PaeCr3() {}

    /** CR3 for the table in frame {@code mfn}. */
    static long of(long mfn) {
        return (mfn << 12 | (mfn & 0xffff_ffffL) >>> 20) & 0xffff_ffffL;
    }

    /** The frame that {@code cr3} names. */
    static long mfn(long cr3) {
        return (cr3 & 0xffff_ffffL) >>> 12 | cr3 << 20 & 0xffff_ffffL;
    }
}
