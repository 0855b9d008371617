package xenolith.hypervisor.control;

/**
 * All frames of a machine at one moment, by machine frame number, and which page-table entries name
 * them.
 *
 * @param owner domain, {@link #XEN} or {@link #FREE}
 * @param type 0 for none, 1 to 4 for page tables of that level, {@link #SEG_DESC}, {@link #XEN_L2}
 *     or {@link #WRITABLE}
 * @param count general references
 * @param typeCount type references
 * @param pinned by MMUEXT_PIN
 * @param shared with the hypervisor: shared_info, grant table
 * @param pfn pseudo-physical number in the machine-to-physical table, or all ones
 * @param mappers where the entries of each frame begin in {@code entries}; one more than frames
 * @param entries table's frame number times 512 plus slot
 */
public record FrameSnapshot(
        int[] owner,
        byte[] type,
        int[] count,
        int[] typeCount,
        boolean[] pinned,
        boolean[] shared,
        long[] pfn,
        int[] mappers,
        long[] entries) {
    /** Owner of a frame that belongs to nobody. */
    public static final int FREE = -1;

    /** Owner of the hypervisor's frames (DOMID_XEN). */
    public static final int XEN = 0x7ff2;

    /** Type of a page of a GDT or LDT. */
    public static final int SEG_DESC = 5;

    /** Type of a 32-bit guest's level-2 table with the hypervisor's entries. */
    public static final int XEN_L2 = 6;

    /** Type of a page that is mapped writable. */
    public static final int WRITABLE = 7;

    /** Number of frames. */
    public int frames() {
        return owner.length;
    }

    /** A frame's type in a word: "l1" to "l4", "descriptors", "writable" or "-". */
    public String typeName(int mfn) {
        return switch (type[mfn]) {
            case 0 -> "-";
            case SEG_DESC -> "descriptors";
            case XEN_L2 -> "l2, top";
            case WRITABLE -> "writable";
            default -> "l" + type[mfn];
        };
    }

    /** Who owns frame {@code mfn}: "d1", "xen" or "free". */
    public String ownerName(int mfn) {
        return switch (owner[mfn]) {
            case FREE -> "free";
            case XEN -> "xen";
            default -> "d" + owner[mfn];
        };
    }
}
