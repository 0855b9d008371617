package xenolith.hypervisor.memory;

/** What a frame is used as; at one time only one of these (Xen's PGT_*). */
public final class PageType {
    public static final int NONE = 0;

    /** Level-1 page table; the levels up to {@link #L4} are numbers 1 to 4. */
    public static final int L1 = 1;

    public static final int L2 = 2;
    public static final int L3 = 3;
    public static final int L4 = 4;

    /** In use in a GDT or LDT. */
    public static final int SEG_DESC = 5;

    /**
     * Level-2 table of a 32-bit guest's highest gigabyte, which has the hypervisor's entries too
     * (Xen's PGT_pae_xen_l2).
     */
    public static final int XEN_L2 = 6;

    /** Mapped writable somewhere. */
    public static final int WRITABLE = 7;

    private PageType() {}

    /** Whether {@code type} is a page table of any level. */
    public static boolean isTable(int type) {
        return type >= L1 && type <= L4 || type == XEN_L2;
    }

    /** Whether {@code type} is a page table of {@code level}. */
    static boolean isTable(int type, int level) {
        return isTable(type) && level(type) == level;
    }

    /** The level of a page table of {@code type}. */
    public static int level(int type) {
        return type == XEN_L2 ? L2 : type;
    }

    /** A noun for {@code type} with its article. */
    public static String noun(int type) {
        return switch (type) {
            case L1, L2, L3, L4 -> "an l" + type + " table";
            case XEN_L2 -> "an l2 table with the hypervisor's entries";
            case SEG_DESC -> "a descriptor table page";
            case WRITABLE -> "a page mapped writable";
            default -> "a page without type";
        };
    }
}
