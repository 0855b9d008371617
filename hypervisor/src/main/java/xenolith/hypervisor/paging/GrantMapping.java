package xenolith.hypervisor.paging;

/**
 * Page-table entries of grant mappings. The reference that the entry stands for is taken by the
 * caller beforehand with {@code FrameTable.getPage} or {@code getPageWritable} for the owner of the
 * frame; if {@code create} fails the caller drops it again, and after {@code destroy} succeeded the
 * caller drops it.
 */
public final class GrantMapping {
    private GrantMapping() {}

    /**
     * Installs an entry for frame {@code mfn} in place of what is there.
     *
     * @param hostAddr linear address, or with {@code containsPte} the machine address of an entry
     * @param application GNTMAP_application_map: user access
     * @param avail bits 9 to 11 for the entry, from GNTMAP_guest_avail
     * @return 0 or -errno
     */
    public static int create(
            VcpuPaging v,
            long hostAddr,
            boolean containsPte,
            long mfn,
            boolean readOnly,
            boolean application,
            int avail) {
        throw new UnsupportedOperationException();
    }

    /** Removes the entry of {@code mfn} again and flushes; fails if it is not there. */
    public static int destroy(
            VcpuPaging v, long hostAddr, boolean containsPte, long mfn, boolean readOnly) {
        throw new UnsupportedOperationException();
    }

    /**
     * unmap_and_replace: as {@link #destroy}, moving the entry of {@code newVaddr} in its place.
     */
    public static int replace(
            VcpuPaging v, long hostAddr, long newVaddr, long mfn, boolean readOnly) {
        throw new UnsupportedOperationException();
    }
}
