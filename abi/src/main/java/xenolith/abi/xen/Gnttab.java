package xenolith.abi.xen;

/** Operations and bits of grant tables (public/grant_table.h). */
public final class Gnttab {
    // Operations of grant_table_op.
    public static final int MAP_GRANT_REF = 0;
    public static final int UNMAP_GRANT_REF = 1;
    public static final int SETUP_TABLE = 2;
    public static final int TRANSFER = 4;
    public static final int COPY = 5;
    public static final int QUERY_SIZE = 6;
    public static final int UNMAP_AND_REPLACE = 7;
    public static final int SET_VERSION = 8;
    public static final int GET_STATUS_FRAMES = 9;
    public static final int GET_VERSION = 10;
    public static final int SWAP_GRANT_REF = 11;
    public static final int CACHE_FLUSH = 12;

    // Types of an entry (GTF_type_mask).
    public static final int TYPE_MASK = 3;
    public static final int INVALID = 0;
    public static final int PERMIT_ACCESS = 1;
    public static final int ACCEPT_TRANSFER = 2;
    public static final int TRANSITIVE = 3;

    // Flags of an entry that permits access.
    public static final int READONLY = 1 << 2;
    public static final int READING = 1 << 3;
    public static final int WRITING = 1 << 4;
    public static final int SUB_PAGE = 1 << 8;

    // Flags of an entry that accepts a transfer.
    public static final int TRANSFER_COMMITTED = 1 << 2;
    public static final int TRANSFER_COMPLETED = 1 << 3;

    // GNTMAP_*: how a grant is mapped.
    public static final int DEVICE_MAP = 1;
    public static final int HOST_MAP = 1 << 1;
    public static final int MAP_READONLY = 1 << 2;
    public static final int APPLICATION_MAP = 1 << 3;
    public static final int CONTAINS_PTE = 1 << 4;

    // GNTCOPY_*: which ends of a copy are grants.
    public static final int COPY_SOURCE_GREF = 1;
    public static final int COPY_DEST_GREF = 1 << 1;

    // GNTTAB_CACHE_*.
    public static final int CACHE_CLEAN = 1;
    public static final int CACHE_INVAL = 1 << 1;

    /** Entries at the beginning that are the toolstack's and survive a change of version. */
    public static final int RESERVED_ENTRIES = 8;

    private Gnttab() {}
}
