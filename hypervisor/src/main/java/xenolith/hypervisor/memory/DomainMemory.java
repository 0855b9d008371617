package xenolith.hypervisor.memory;

/** What one domain has to do with memory: how much it owns, and whose TLBs see its page tables. */
public final class DomainMemory {
    /**
     * A domain with no frames that may own up to {@code maxPages}; registers with {@code frames}.
     */
    public DomainMemory(FrameTable frames, int domid, long maxPages) {
        throw new UnsupportedOperationException();
    }

    public int domid() {
        throw new UnsupportedOperationException();
    }

    public FrameTable frames() {
        throw new UnsupportedOperationException();
    }

    /** Frames the domain owns (without shared frames of the hypervisor). */
    public long totalPages() {
        throw new UnsupportedOperationException();
    }

    public long maxPages() {
        throw new UnsupportedOperationException();
    }

    public void setMaxPages(long pages) {
        throw new UnsupportedOperationException();
    }

    /** VMASST_TYPE_writable_pagetables (2): stores to level-1 tables are emulated. */
    public boolean writablePageTables() {
        throw new UnsupportedOperationException();
    }

    public void setWritablePageTables(boolean on) {
        throw new UnsupportedOperationException();
    }

    /** VMASST_TYPE_m2p_strict (32): the machine-to-physical table is not in user-mode tables. */
    public boolean m2pStrict() {
        throw new UnsupportedOperationException();
    }

    public void setM2pStrict(boolean on) {
        throw new UnsupportedOperationException();
    }

    /**
     * Unpins all tables and gives up all frames, after all vCPUs were {@code release}d. Frames that
     * others still reference stay until they are put. Shared frames must be freed by their owner.
     */
    public void release() {
        throw new UnsupportedOperationException();
    }
}
