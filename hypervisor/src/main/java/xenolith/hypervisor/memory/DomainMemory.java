package xenolith.hypervisor.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.LongConsumer;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.machine.mmu.Mmu;

/**
 * What one domain has to do with memory: how much it owns, whose TLBs see its page tables, and what
 * its level-4 tables hold in the hypervisor's slots.
 *
 * <p>TLBs are flushed by direct calls: all virtual processors of a domain run on one thread.
 */
public final class DomainMemory {
    /** Hypervisor slots of a level-4 table: 256 to 271. */
    public static final int FIRST_XEN_SLOT = 256;

    public static final int XEN_SLOTS = 16;

    /** Entries of caches that are looked at in the time of one that is validated. */
    private static final int CACHED_ENTRIES = 32;

    private final FrameTable frames;
    private final int domid;
    private final Abi abi;
    private final List<Mmu> mmus = new ArrayList<>();
    private final List<ReferenceHolder> holders = new ArrayList<>();
    private final List<LongConsumer> roots = new ArrayList<>();
    private final long[] xenSlots = new long[XEN_SLOTS];
    private int firstXenL2Slot;
    private long[] xenL2Slots = {};
    private final Deque<Integer> oldTables = new ArrayDeque<>();
    private long totalPages;
    private long maxPages;
    private boolean writablePageTables;
    private boolean m2pStrict;
    private boolean dying;

    /** Somebody who holds references on frames besides page tables and pins. */
    @FunctionalInterface
    public interface ReferenceHolder {
        /** Calls {@code visitor} for each reference. */
        void references(Visitor visitor);
    }

    /** Takes references. */
    @FunctionalInterface
    public interface Visitor {
        /** A general reference on {@code mfn} and one of {@code type}, unless that is NONE. */
        void reference(long mfn, int type);
    }

    /** A 64-bit domain: see the other constructor. */
    public DomainMemory(FrameTable frames, int domid, long maxPages) {
        this(frames, domid, maxPages, Abi.BITS64);
    }

    /**
     * A domain with no frames that may own up to {@code maxPages}; registers with {@code frames}.
     *
     * @param abi 32-bit guests have page tables of three levels below a table of the hypervisor's
     */
    public DomainMemory(FrameTable frames, int domid, long maxPages, Abi abi) {
        this.frames = frames;
        this.domid = domid;
        this.abi = abi;
        this.maxPages = maxPages;
        frames.lock().lock();
        try {
            frames.register(this);
        } finally {
            frames.lock().unlock();
        }
    }

    public int domid() {
        return domid;
    }

    public FrameTable frames() {
        return frames;
    }

    /** How the guest lays out the public structures. */
    public Abi abi() {
        return abi;
    }

    /** Whether the guest is a 32-bit one, with page tables of three levels. */
    public boolean compat() {
        return abi == Abi.BITS32;
    }

    /** The type of the table that a page-table base names. */
    public int topType() {
        return compat() ? PageType.L3 : PageType.L4;
    }

    /** Frames the domain owns (without shared frames of the hypervisor). */
    public long totalPages() {
        return totalPages;
    }

    void addPages(long n) {
        totalPages += n;
    }

    public long maxPages() {
        return maxPages;
    }

    public void setMaxPages(long pages) {
        maxPages = pages;
    }

    /** VMASST_TYPE_writable_pagetables (2): stores to level-1 tables are emulated. */
    public boolean writablePageTables() {
        return writablePageTables;
    }

    public void setWritablePageTables(boolean on) {
        writablePageTables = on;
    }

    /** VMASST_TYPE_m2p_strict (32): the machine-to-physical table is not in user-mode tables. */
    public boolean m2pStrict() {
        return m2pStrict;
    }

    public void setM2pStrict(boolean on) {
        m2pStrict = on;
    }

    /** Whether {@link #release} was called. */
    public boolean dying() {
        return dying;
    }

    /** Entry that validated level-4 tables of this domain hold in {@code slot} (256 to 271). */
    public long xenSlot(int slot) {
        return xenSlots[slot - FIRST_XEN_SLOT];
    }

    /** Sets {@link #xenSlot}; before any table of the domain is validated. */
    public void setXenSlot(int slot, long entry) {
        xenSlots[slot - FIRST_XEN_SLOT] = entry;
    }

    /** Entries that the last level-2 tables of a 32-bit guest hold from slot {@code first} on. */
    public void setXenL2Slots(int first, long[] entries) {
        firstXenL2Slot = first;
        xenL2Slots = entries.clone();
    }

    void writeXenL2Slots(int table) {
        long at = ((long) table << Pte.PAGE_SHIFT) + 8L * firstXenL2Slot;
        for (int i = 0; i < xenL2Slots.length; i++) {
            frames.memory().put64(at + 8L * i, xenL2Slots[i]);
        }
    }

    /**
     * Adds a virtual processor's MMU, and who knows what references it holds.
     *
     * @param forgetRoot drops what is cached below a frame that is no {@link #topType} any more
     */
    public void add(Mmu mmu, ReferenceHolder holder, LongConsumer forgetRoot) {
        mmus.add(mmu);
        holders.add(holder);
        roots.add(forgetRoot);
    }

    List<ReferenceHolder> holders() {
        return holders;
    }

    // ---- translations ------------------------------------------------------------------------

    /** Flushes all TLBs of the domain. */
    public void flush() {
        for (Mmu mmu : mmus) {
            long before = mmu.lookedAt();
            mmu.flush();
            spend(mmu.lookedAt() - before);
        }
    }

    /** Dropping translations is work like that on page tables, but quicker, entry by entry. */
    private void spend(long entries) {
        frames.types().spend((int) (entries / CACHED_ENTRIES));
    }

    /**
     * Cached translations that the page tables do not give, one sentence each: none, if all is
     * well.
     */
    List<String> staleTranslations() {
        List<String> stale = new ArrayList<>();
        for (Mmu mmu : mmus) {
            stale.addAll(mmu.staleTranslations());
        }
        return stale;
    }

    /** Drops all cached translations to frame {@code mfn}: it is freed, or unmapped by force. */
    public void dropTranslations(long mfn) {
        for (Mmu mmu : mmus) {
            long before = mmu.lookedAt();
            mmu.dropFrame(mfn);
            spend(mmu.lookedAt() - before);
        }
    }

    /** Drops the cached translations of the level-1 entry at {@code maddr}, which was changed. */
    void entryChanged(long maddr) {
        for (int i = 0; i < mmus.size(); i++) {
            mmus.get(i).entryChanged(maddr);
        }
    }

    /**
     * Drops the cached translations below the entry at {@code maddr} of a table of {@code level} 2
     * to 4 (there of the lower half), which was {@code old}.
     */
    void tableEntryChanged(long maddr, int level, long old) {
        for (int i = 0; i < mmus.size(); i++) {
            Mmu mmu = mmus.get(i);
            long before = mmu.lookedAt();
            mmu.tableEntryChanged(maddr, level, old);
            spend(mmu.lookedAt() - before);
        }
    }

    /** Drops what is cached below {@code mfn}, which is no {@link #topType} any more. */
    void forgetRoot(long mfn) {
        for (int i = 0; i < roots.size(); i++) {
            roots.get(i).accept(mfn);
        }
    }

    // ---- tables that are let go of -----------------------------------------------------------

    /** Table {@code mfn}, which is partial, is to be let go of by {@link #putOldTables}. */
    void addOldTable(int mfn) {
        oldTables.addLast(mfn);
    }

    /**
     * Goes on letting go of tables for which a hypercall had no time left; whether none is left.
     * With the frame table's lock held. As Xen's put_old_guest_table, before the next call.
     */
    public boolean putOldTables() {
        while (!oldTables.isEmpty()) {
            int mfn = oldTables.getFirst();
            boolean still = frames.owner[mfn] == domid && frames.partial(mfn);
            if (still && !frames.types().letGoOn(mfn)) {
                return false;
            }
            oldTables.removeFirst();
            if (frames.types().exhausted()) {
                return oldTables.isEmpty();
            }
        }
        return true;
    }

    /** Whether {@link #putOldTables} has something to do. */
    public boolean hasOldTables() {
        return !oldTables.isEmpty();
    }

    // ---- death -------------------------------------------------------------------------------

    /**
     * Unpins all tables and gives up all frames, after all vCPUs were {@code release}d: in steps,
     * see {@link FrameTable#reap}. Frames that others still reference stay until they are put.
     * Shared frames must be freed by their owner.
     */
    public void release() {
        frames.lock().lock();
        try {
            dying = true;
            // Others may hold pages of it for long; its vCPUs and their tables are no more.
            mmus.clear();
            holders.clear();
            roots.clear();
            frames.bury(this);
        } finally {
            frames.lock().unlock();
        }
    }
}
