package xenolith.machine.mmu;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.memory.MachineMemory;

/**
 * How the linear addresses of one processor are translated: two roots (a PV guest's kernel and
 * user, or one root as supervisor and user) of which one is active, so that a change of mode does
 * not flush; what is cached of their tables; and what makes that go. The accesses are in {@link
 * Mmu}.
 */
public abstract sealed class Translations permits Mmu {
    /** Roots: guest kernel mode, or supervisor. */
    public static final int KERNEL = 0;

    /** Guest user mode. */
    public static final int USER = 1;

    /** Address spaces whose translations are kept: {@link #addressSpace} is less. */
    public static final int ADDRESS_SPACES = TlbSet.SIZE;

    private static final long PAGE = Pte.PAGE_MASK;

    final MachineMemory memory;
    final GuestFault fault;
    final PageWalk walk;
    private final TlbSet tlbs;
    private int active = KERNEL;
    private boolean sharedRoot;
    private int epoch;

    // The active TLB and what finds an entry in it, so that a hit costs no indirection.
    Tlb tlb;
    // Also for TlbProbe.
    long[] entries;

    /** Cuts {@link Tlb#place} to the length of {@link #entries}. */
    long mask;

    /** Accesses to be told, or null. */
    @Nullable Watch watch;

    /** Translations in {@code memory} that raises faults by throwing {@code fault}. */
    Translations(MachineMemory memory, GuestFault fault) {
        this.memory = memory;
        this.fault = fault;
        this.walk = new PageWalk(memory);
        this.tlbs = new TlbSet(memory);
        this.tlb = tlbs.current(active);
        this.entries = tlb.entries;
        this.mask = tlb.mask();
    }

    // ---- roots -------------------------------------------------------------------------------

    /**
     * Loads {@code root} ({@link #KERNEL} or {@link #USER}) with the table at {@code cr3}; nothing
     * is cached of it afterwards.
     */
    public void setRoot(int root, long cr3) {
        loadRoot(root, cr3);
        tlbs.flush(tlbs.current(root));
        changed();
    }

    /**
     * As {@link #setRoot}, with the translations that are still known of this table: for callers
     * that tell of every change of a present entry, by {@link #entryChanged} in level-1 tables, by
     * {@link #flush} in others, and of the end of a level-4 table by {@link #forgetRoot}.
     */
    public void loadRoot(int root, long cr3) {
        tlbs.load(root, cr3 & Pte.ADDRESS);
        epoch++;
        if (root == active) {
            select(root);
        }
    }

    /**
     * Loads both roots with the table at {@code cr3}, one for the supervisor and one for user mode:
     * {@link #setPrivilege} then chooses between them. Nothing is cached of it afterwards.
     */
    public void shareRoot(long cr3) {
        sharedRoot = true;
        setUser(KERNEL, false);
        setUser(USER, true);
        setRoot(KERNEL, cr3);
        setRoot(USER, cr3);
    }

    /** Says whether accesses are user-mode accesses from now on: the privilege level is 3. */
    public void setPrivilege(boolean user) {
        if (sharedRoot) {
            select(user ? USER : KERNEL);
        } else {
            setUser(active, user);
        }
    }

    /** Machine address of the level-4 table of {@code root}. */
    public long root(int root) {
        return tlbs.current(root).root;
    }

    /** Says whether accesses through {@code root} are user-mode accesses for the page tables. */
    public void setUser(int root, boolean user) {
        Tlb tlb = tlbs.current(root);
        if (tlb.user != user) {
            tlb.user = user;
            tlbs.flush(tlb);
            changed();
        }
    }

    /** Makes {@code root} the active one. Nothing is flushed. */
    public void select(int root) {
        active = root;
        epoch++;
        tlb = tlbs.current(root);
        takeEntries();
    }

    /** Translations may have changed. */
    private void changed() {
        epoch++;
        takeEntries();
    }

    /** The entries of the active TLB are others when it was emptied or has grown. */
    private void takeEntries() {
        entries = tlb.entries;
        mask = tlb.mask();
    }

    /** The active root, {@link #KERNEL} or {@link #USER}. */
    public int active() {
        return active;
    }

    /**
     * Number of the active address space, less than {@link #ADDRESS_SPACES}: an index for caches of
     * code by linear address, which hold as long as {@link #generation} of this number stays.
     */
    public int addressSpace() {
        return tlb.index;
    }

    /**
     * Changes when a page from which code was fetched may lead elsewhere; no value is ever used for
     * two address spaces.
     */
    public int generation() {
        return tlb.generation;
    }

    /**
     * As {@link #generation}, for the upper half of the linear addresses; address spaces that lead
     * to the same code there have the same value.
     */
    public int upperGeneration() {
        return tlb.upper;
    }

    /** Changes with everything that may change a translation or the active root. */
    public int epoch() {
        return epoch;
    }

    /** Flushes all translations. */
    public void flush() {
        tlbs.flush();
        changed();
    }

    /** Flushes the translations of the page of {@code vaddr}. */
    public void flushPage(long vaddr) {
        tlbs.flushPage(vaddr);
        changed();
    }

    /** Says that the entry at machine address {@code maddr} of a level-1 table was changed. */
    public void entryChanged(long maddr) {
        tlbs.entryChanged(maddr);
        changed();
    }

    /**
     * Says that the entry at machine address {@code maddr} of a table of {@code level} 2 to 4 was
     * changed, which was {@code old}, a present one; one of level 4 of the lower half of the linear
     * addresses.
     */
    public void tableEntryChanged(long maddr, int level, long old) {
        tlbs.tableEntryChanged(maddr, level, old);
        changed();
    }

    /**
     * Entries of tables and of the cache that were looked at so far to drop translations: how much
     * work a change was is the difference.
     */
    public long lookedAt() {
        return tlbs.lookedAt();
    }

    /** Says that the frame at {@code cr3} is no level-4 table any more. */
    public void forgetRoot(long cr3) {
        tlbs.forgetRoot(cr3);
        changed();
    }

    /** Makes the next store to frame {@code mfn} a slow one: it now holds code (or is watched). */
    public void dropWrites(long mfn) {
        // Translated code that called what decoded this code must not go on with the pages it
        // knows.
        epoch++;
        tlbs.dropWrites(memory.host(mfn << MachineMemory.FRAME_SHIFT));
    }

    /**
     * Drops all translations that lead to frame {@code mfn}, whatever their linear addresses: it
     * changes its owner.
     */
    public void dropFrame(long mfn) {
        tlbs.dropFrame(memory.host(mfn << MachineMemory.FRAME_SHIFT));
        changed();
    }

    /**
     * From now on {@code watched} is told of accesses; null for nobody. Nothing is cached
     * afterwards.
     */
    public void setWatch(@Nullable Watch watched) {
        watch = watched;
        flush();
    }

    boolean watches(long va) {
        return watch != null && watch.inPage(va);
    }

    void touch(long va, int size, boolean write) {
        if (watch != null) {
            watch.touch(va, size, write);
        }
    }

    // ---- cached translations ------------------------------------------------------------------

    /** Notes that a translation of {@code va} comes from the table that the walk ended in. */
    private void note(long va) {
        if (tlbs.note(tlb, walk.table, va, walk.journal == null)) {
            changed();
        }
    }

    /** Index of the entry where the translation of {@code va} may be. */
    int slot(long va) {
        return (int) (Tlb.place(va) & mask) >>> 3;
    }

    /** Where the translation of {@code va} goes, in a larger TLB if this one is too small. */
    private int slotToFill(long va) {
        if (tlb.crowded(va) && walk.journal == null) {
            tlb.grow();
            takeEntries();
        }
        return slot(va);
    }

    /** Fills the TLBs after a walk for a read; the write TLB where a store needs no walk. */
    void fillForRead(long va) {
        fill(va, walk.storable && walk.journal == null);
    }

    /** Fills the TLBs after a walk for a write: the write TLB only where no code is. */
    void fillForWrite(long va) {
        fill(va, true);
    }

    private void fill(long va, boolean storable) {
        if (watches(va)) {
            return;
        }
        note(va);
        long maddr = walk.maddr;
        boolean code = memory.holdsCode(maddr >>> Pte.PAGE_SHIFT);
        tlb.fill(slotToFill(va), va, memory.host(maddr), storable && !code);
    }

    long translate(long va, int access, int nonCanonicalVector) {
        if (!Pte.canonical(va)) {
            throw fault.nonCanonicalOperand(nonCanonicalVector);
        }
        int result = walk.walk(tlb.root, va, access, tlb.user);
        if (result != 0) {
            throw fault.with(Vector.PF, result & ~PageWalk.FAULT, va);
        }
        return walk.maddr;
    }

    static long hostRead(long host, int size) {
        return switch (size) {
            case 1 -> HostMemory.get8(host);
            case 2 -> HostMemory.get16(host);
            case 4 -> HostMemory.get32(host);
            default -> HostMemory.get64(host);
        };
    }

    // ---- code --------------------------------------------------------------------------------

    /** Machine address of the code byte at {@code va}; faults as an instruction fetch does. */
    public long fetch(long va) {
        int i = Tlb.executeSlot(va);
        if (tlb.executeTag[i] == (va & PAGE)) {
            return tlb.executeMaddr[i] + (va & ~PAGE);
        }
        translate(va, Access.EXECUTE, Vector.GP);
        return fillForFetch(va);
    }

    /**
     * As {@link #fetch} of a page that was fetched from before, or -1: an entry whose accessed bit
     * is not set is left as it is.
     */
    public long tryFetch(long va) {
        int i = Tlb.executeSlot(va);
        if (tlb.executeTag[i] == (va & PAGE)) {
            return tlb.executeMaddr[i] + (va & ~PAGE);
        }
        if (!Pte.canonical(va) || !walk.peek(tlb.root, va, tlb.user)) {
            return -1;
        }
        return fillForFetch(va);
    }

    private long fillForFetch(long va) {
        note(va);
        tlbs.noteExecuted(tlb, va);
        int i = Tlb.executeSlot(va);
        tlb.executeTag[i] = va & PAGE;
        tlb.executeMaddr[i] = walk.maddr & PAGE;
        return walk.maddr;
    }

    // ---- for the floor above -----------------------------------------------------------------

    /**
     * Translates {@code va} through the active root without throwing: the machine address, or -1
     * minus the error code of the page fault that the access would raise (a non-canonical address
     * counts as not present).
     */
    public long tryTranslate(long va, int access) {
        if (!Pte.canonical(va)) {
            return -1L - (access | (tlb.user ? PageFault.U : 0));
        }
        int result = walk.walk(tlb.root, va, access, tlb.user);
        return result == 0 ? walk.maddr : -1L - (result & ~PageWalk.FAULT);
    }

    /**
     * Reads {@code size} (1, 2, 4, 8) bytes with supervisor rights: the processor's own accesses to
     * descriptor tables. Faults as such an access does. Must not cross a page.
     */
    public long readSystem(long va, int size) {
        if (!Pte.canonical(va)) {
            throw fault.with(Vector.GP, 0, 0);
        }
        int result = walk.walk(tlb.root, va, Access.READ, false);
        if (result != 0) {
            throw fault.with(Vector.PF, result & ~PageWalk.FAULT, va);
        }
        return hostRead(memory.host(walk.maddr), size);
    }

    // ---- stores that may be taken back --------------------------------------------------------

    /**
     * From now on {@code journal} learns of every store through the active root; it forgets what it
     * knew. Costs nothing but the first store to each page.
     */
    public void startJournal(StoreJournal journal) {
        journal.begin(tlb);
        tlb.dropWrites();
        walk.journal = journal;
    }

    /** Takes back the stores since {@link #startJournal}, and ends it. */
    public void takeBackStores() {
        StoreJournal journal = Objects.requireNonNull(walk.journal);
        walk.journal = null;
        journal.takeBack(tlb);
        takeEntries();
    }

    /** Ends the journal. */
    public void endJournal() {
        walk.journal = null;
    }

    /**
     * Cached translations that a walk does not give now, one sentence each. There are none where
     * every change of the page tables is told.
     */
    public List<String> staleTranslations() {
        return tlbs.stale();
    }
}
