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
 * Linear addresses to memory, for one processor: two roots (a PV guest's kernel and user, or one
 * root as supervisor and user) of which one is active, so that a change of mode does not flush.
 *
 * <p>Reads and writes take linear addresses, values are little-endian and narrow reads are
 * zero-extended. An access that the page tables forbid throws the processor's {@code GuestFault}
 * (#PF, or #GP for a non-canonical address, #SS in the stack forms) and has then stored nothing.
 */
public final class Mmu {
    /** Roots: guest kernel mode, or supervisor. */
    public static final int KERNEL = 0;

    /** Guest user mode. */
    public static final int USER = 1;

    /** Address spaces whose translations are kept: {@link #addressSpace} is less. */
    public static final int ADDRESS_SPACES = TlbSet.SIZE;

    private static final long PAGE = Pte.PAGE_MASK;

    private final MachineMemory memory;
    private final GuestFault fault;
    private final PageWalk walk;
    private final TlbSet tlbs;
    private int active = KERNEL;
    private boolean sharedRoot;
    private int epoch;

    // The active TLB and what finds an entry in it, so that a hit costs no indirection.
    private Tlb tlb;
    // Also for TlbProbe.
    long[] entries;

    /** Cuts {@link Tlb#place} to the length of {@link #entries}. */
    long mask;

    /** Accesses to be told, or null. */
    private @Nullable Watch watch;

    private boolean capturing;

    private long capturePage;
    private Capture captured = Capture.NONE;

    /**
     * What a captured instruction stored: see {@link #capture}.
     *
     * @param compared whether only in place of {@code oldValue}: a LOCK-prefixed instruction
     */
    public record Capture(
            int stores, long vaddr, int size, long oldValue, long value, boolean compared) {
        static final Capture NONE = new Capture(0, 0, 0, 0, 0, false);
    }

    /** An MMU on {@code memory} that raises faults by throwing {@code fault}. */
    public Mmu(MachineMemory memory, GuestFault fault) {
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

    private boolean watches(long va) {
        return watch != null && watch.inPage(va);
    }

    private void touch(long va, int size, boolean write) {
        if (watch != null) {
            watch.touch(va, size, write);
        }
    }

    // ---- reads -------------------------------------------------------------------------------

    public long read8(long va) {
        int i = slot(va);
        return entries[i] == (va & PAGE)
                ? HostMemory.get8(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 1, Vector.GP);
    }

    public long read16(long va) {
        int i = slot(va);
        return entries[i] == (va + 1 & PAGE)
                ? HostMemory.get16(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 2, Vector.GP);
    }

    public long read32(long va) {
        int i = slot(va);
        return entries[i] == (va + 3 & PAGE)
                ? HostMemory.get32(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 4, Vector.GP);
    }

    public long read64(long va) {
        int i = slot(va);
        return entries[i] == (va + 7 & PAGE)
                ? HostMemory.get64(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 8, Vector.GP);
    }

    /** Reads 16 bytes to {@code to[at]} (low half) and {@code to[at + 1]}. */
    public void read128(long va, long[] to, int at) {
        int i = slot(va);
        if (entries[i] == (va + 15 & PAGE)) {
            long host = va + entries[i + Tlb.ADDEND];
            to[at] = HostMemory.get64(host);
            to[at + 1] = HostMemory.get64(host + 8);
        } else {
            long low = slowRead(va, 8, Vector.GP);
            to[at + 1] = slowRead(va + 8, 8, Vector.GP);
            to[at] = low;
        }
    }

    /** Reads {@code size} (1, 2, 4, 8) bytes. */
    public long read(long va, int size) {
        return switch (size) {
            case 1 -> read8(va);
            case 2 -> read16(va);
            case 4 -> read32(va);
            default -> read64(va);
        };
    }

    /** As {@link #read64}, for a stack access: #SS where {@link #read64} gives #GP. */
    public long readStack64(long va) {
        int i = slot(va);
        return entries[i] == (va + 7 & PAGE)
                ? HostMemory.get64(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 8, Vector.SS);
    }

    /** As {@link #read}, for a stack access. */
    public long readStack(long va, int size) {
        int i = slot(va);
        return entries[i] == (va + size - 1 & PAGE)
                ? hostRead(va + entries[i + Tlb.ADDEND], size)
                : slowRead(va, size, Vector.SS);
    }

    private static long hostRead(long host, int size) {
        return switch (size) {
            case 1 -> HostMemory.get8(host);
            case 2 -> HostMemory.get16(host);
            case 4 -> HostMemory.get32(host);
            default -> HostMemory.get64(host);
        };
    }

    private static void hostWrite(long host, int size, long value) {
        switch (size) {
            case 1 -> HostMemory.put8(host, value);
            case 2 -> HostMemory.put16(host, value);
            case 4 -> HostMemory.put32(host, value);
            default -> HostMemory.put64(host, value);
        }
    }

    private long slowRead(long va, int size, int nonCanonicalVector) {
        long last = va + size - 1;
        if ((va & PAGE) == (last & PAGE)) {
            long maddr = readable(va, nonCanonicalVector);
            touch(va, size, false);
            return hostRead(memory.host(maddr), size);
        }
        long low = readable(va, nonCanonicalVector);
        long high = readable(last & PAGE, nonCanonicalVector);
        touch(va, size, false);
        long value = 0;
        int inLow = (int) (Pte.PAGE_SIZE - (va & ~PAGE));
        for (int i = 0; i < size; i++) {
            long maddr = i < inLow ? low + i : high + i - inLow;
            value |= memory.get8(maddr) << 8 * i;
        }
        return value;
    }

    /** Translates for a read and fills the read TLB. */
    private long readable(long va, int nonCanonicalVector) {
        int i = slot(va);
        long page = va & PAGE;
        if (tlb.entries[i] == page) {
            return tlb.entries[i + Tlb.ADDEND] + va - memory.host(0);
        }
        long maddr = translate(va, Access.READ, nonCanonicalVector);
        fillForRead(va);
        return maddr;
    }

    /** Index of the entry where the translation of {@code va} may be. */
    private int slot(long va) {
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
    private void fillForRead(long va) {
        if (watches(va)) {
            return;
        }
        tlbs.note(tlb, walk.table, va);
        long maddr = walk.maddr;
        boolean code = memory.holdsCode(maddr >>> Pte.PAGE_SHIFT);
        boolean storable = walk.storable && walk.journal == null && !code;
        tlb.fill(slotToFill(va), va, memory.host(maddr), storable);
    }

    private long translate(long va, int access, int nonCanonicalVector) {
        if (!Pte.canonical(va)) {
            throw fault.nonCanonicalOperand(nonCanonicalVector);
        }
        int result = walk.walk(tlb.root, va, access, tlb.user);
        if (result != 0) {
            throw fault.with(Vector.PF, result & ~PageWalk.FAULT, va);
        }
        return walk.maddr;
    }

    // ---- writes ------------------------------------------------------------------------------

    public void write8(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va & PAGE)) {
            HostMemory.put8(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 1, value, Vector.GP);
        }
    }

    public void write16(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 1 & PAGE)) {
            HostMemory.put16(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 2, value, Vector.GP);
        }
    }

    public void write32(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 3 & PAGE)) {
            HostMemory.put32(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 4, value, Vector.GP);
        }
    }

    public void write64(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 7 & PAGE)) {
            HostMemory.put64(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 8, value, Vector.GP);
        }
    }

    /** Writes 16 bytes, all or (if it faults) none. */
    public void write128(long va, long low, long high) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 15 & PAGE)) {
            long host = va + entries[i + Tlb.ADDEND];
            HostMemory.put64(host, low);
            HostMemory.put64(host + 8, high);
        } else {
            checkWrite(va, 16);
            write64(va, low);
            write64(va + 8, high);
        }
    }

    /** Writes the low {@code size} (1, 2, 4, 8) bytes of {@code value}. */
    public void write(long va, int size, long value) {
        switch (size) {
            case 1 -> write8(va, value);
            case 2 -> write16(va, value);
            case 4 -> write32(va, value);
            default -> write64(va, value);
        }
    }

    /** As {@link #write64}, for a stack access: #SS where {@link #write64} gives #GP. */
    public void writeStack64(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 7 & PAGE)) {
            HostMemory.put64(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 8, value, Vector.SS);
        }
    }

    /** As {@link #write}, for a stack access. */
    public void writeStack(long va, int size, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + size - 1 & PAGE)) {
            hostWrite(va + entries[i + Tlb.ADDEND], size, value);
        } else {
            slowWrite(va, size, value, Vector.SS);
        }
    }

    private void slowWrite(long va, int size, long value, int nonCanonicalVector) {
        if (capturing && (va & PAGE) == capturePage) {
            capture(va, size, value, false);
            return;
        }
        long last = va + size - 1;
        if ((va & PAGE) == (last & PAGE)) {
            long maddr = writable(va, nonCanonicalVector);
            touch(va, size, true);
            hostWrite(memory.host(maddr), size, value);
            memory.codeStored(maddr, size);
            return;
        }
        long low = writable(va, nonCanonicalVector);
        long high = writable(last & PAGE, nonCanonicalVector);
        touch(va, size, true);
        int inLow = (int) (Pte.PAGE_SIZE - (va & ~PAGE));
        for (int i = 0; i < size; i++) {
            memory.put8(i < inLow ? low + i : high + i - inLow, value >>> 8 * i);
        }
    }

    /** Translates for a write and fills the TLBs, the write TLB only where no code is. */
    private long writable(long va, int nonCanonicalVector) {
        int i = slot(va);
        long page = va & PAGE;
        if (tlb.entries[i + Tlb.WRITE] == page) {
            return tlb.entries[i + Tlb.ADDEND] + va - memory.host(0);
        }
        long maddr = translate(va, Access.WRITE, nonCanonicalVector);
        fillForWrite(va);
        return maddr;
    }

    /** Fills the TLBs after a walk for a write: the write TLB only where no code is. */
    private void fillForWrite(long va) {
        if (watches(va)) {
            return;
        }
        tlbs.note(tlb, walk.table, va);
        long maddr = walk.maddr;
        boolean code = memory.holdsCode(maddr >>> Pte.PAGE_SHIFT);
        tlb.fill(slotToFill(va), va, memory.host(maddr), !code);
    }

    // ---- read-modify-write -------------------------------------------------------------------

    /**
     * Reads {@code size} (1, 2, 4, 8) bytes that are going to be written: faults as a write does.
     */
    public long readForWrite(long va, int size) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + size - 1 & PAGE)) {
            return hostRead(va + entries[i + Tlb.ADDEND], size);
        }
        if (capturing && (va & PAGE) == capturePage) {
            return read(va, size);
        }
        checkWrite(va, size);
        return read(va, size);
    }

    /** Throws the fault that writing {@code length} (1 to 4096) bytes at {@code va} would raise. */
    public void checkWrite(long va, int length) {
        checkWrite(va, length, Vector.GP);
    }

    /** As {@link #checkWrite(long, int)}, with the vector for a non-canonical address. */
    public void checkWrite(long va, int length, int nonCanonicalVector) {
        if (capturing && (va & PAGE) == capturePage) {
            return;
        }
        writable(va, nonCanonicalVector);
        long last = va + length - 1;
        if ((va & PAGE) != (last & PAGE)) {
            writable(last & PAGE, nonCanonicalVector);
        }
    }

    /** Throws the fault that reading {@code length} (1 to 4096) bytes at {@code va} would raise. */
    public void checkRead(long va, int length) {
        readable(va, Vector.GP);
        long last = va + length - 1;
        if ((va & PAGE) != (last & PAGE)) {
            readable(last & PAGE, Vector.GP);
        }
    }

    /**
     * The store of a LOCK-prefixed instruction: writes {@code value} if memory still holds {@code
     * expected}, atomically, and returns what was found (zero-extended, as {@code expected} must
     * be). Accesses that cross an 8-byte border are not atomic towards other processors.
     */
    public long compareAndSwap(long va, int size, long expected, long value) {
        if (capturing && (va & PAGE) == capturePage) {
            long found = read(va, size);
            if (found == expected) {
                capture(va, size, value, true);
            }
            return found;
        }
        if ((va & 7) + size > 8) {
            long found = readForWrite(va, size);
            if (found == expected) {
                write(va, size, value);
            }
            return found;
        }
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va & PAGE)) {
            return HostMemory.compareAndSwap(va + entries[i + Tlb.ADDEND], size, expected, value);
        }
        long maddr = writable(va, Vector.GP);
        touch(va, size, true);
        return memory.compareAndSwap(maddr, size, expected, value);
    }

    // ---- blocks of memory --------------------------------------------------------------------

    /**
     * Host address of {@code length} readable bytes at {@code va} within one page, for bulk
     * operations; faults as a read does. The caller keeps within the page.
     */
    public long hostForRead(long va) {
        int i = slot(va);
        if (entries[i] == (va & PAGE)) {
            return va + entries[i + Tlb.ADDEND];
        }
        return memory.host(readable(va, Vector.GP));
    }

    /**
     * Host address for bulk stores at {@code va} within one page, or -1 if stores there must go one
     * by one (captured); faults as a write does. Behind the stores goes {@link #blockWritten}.
     */
    public long hostForWrite(long va) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va & PAGE)) {
            return va + entries[i + Tlb.ADDEND];
        }
        if (capturing && (va & PAGE) == capturePage) {
            return -1;
        }
        return memory.host(writable(va, Vector.GP));
    }

    /**
     * Says that {@code length} bytes from {@code va}, within one page, were stored to by the host
     * address that {@link #hostForWrite} gave.
     */
    public void blockWritten(long va, int length) {
        if (entries[slot(va) + Tlb.WRITE] != (va & PAGE)) {
            // The page holds code, else it would be in the TLB now.
            memory.codeStored(writable(va, Vector.GP), length);
        }
    }

    // ---- for translated code -----------------------------------------------------------------

    /**
     * Host address of {@code size} readable bytes at {@code va}, or 0 if the access faults or
     * crosses a page. Throws nothing.
     */
    public long loadAddress(long va, int size) {
        long page = va + size - 1 & PAGE;
        int i = slot(va);
        return entries[i] == page ? va + entries[i + Tlb.ADDEND] : loadMiss(va, page);
    }

    /**
     * Host address of {@code size} bytes at {@code va} to store to, or 0 if the store faults,
     * crosses a page, is to be captured, or would change decoded code. Throws nothing.
     */
    public long storeAddress(long va, int size) {
        long page = va + size - 1 & PAGE;
        int i = slot(va);
        return entries[i + Tlb.WRITE] == page
                ? va + entries[i + Tlb.ADDEND]
                : storeMiss(va, page, size);
    }

    private long loadMiss(long va, long page) {
        if ((va & PAGE) != page || !Pte.canonical(va) || watches(va)) {
            return 0;
        }
        if (walk.walk(tlb.root, va, Access.READ, tlb.user) != 0) {
            return 0;
        }
        fillForRead(va);
        return memory.host(walk.maddr);
    }

    /** What code throws that only wants an instruction to be run otherwise; says nothing. */
    public GuestFault refused() {
        return fault;
    }

    private long storeMiss(long va, long page, int size) {
        boolean captures = capturing && page == capturePage;
        if ((va & PAGE) != page || !Pte.canonical(va) || captures || watches(va)) {
            return 0;
        }
        if (walk.walk(tlb.root, va, Access.WRITE, tlb.user) != 0) {
            return 0;
        }
        long maddr = walk.maddr;
        fillForWrite(va);
        boolean code = memory.holdsCode(maddr >>> Pte.PAGE_SHIFT);
        return code && memory.overlapsCode(maddr, size) ? 0 : memory.host(maddr);
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
        tlbs.note(tlb, walk.table, va);
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

    // ---- captured stores ---------------------------------------------------------------------

    /** From now on stores to the page of {@code va} that would fault are captured. */
    public void startCapture(long va) {
        capturing = true;
        capturePage = va & PAGE;
        captured = Capture.NONE;
        dropWritesOfPage(va);
    }

    private void dropWritesOfPage(long va) {
        int i = slot(va);
        if (tlb.entries[i + Tlb.WRITE] == (va & PAGE)) {
            tlb.entries[i + Tlb.WRITE] = Tlb.EMPTY;
        }
    }

    /** Ends capturing and returns what was captured. */
    public Capture endCapture() {
        capturing = false;
        return captured;
    }

    private void capture(long va, int size, long value, boolean compared) {
        if ((va + size - 1 & PAGE) != capturePage) {
            captured = new Capture(captured.stores + 2, va, size, 0, value, compared);
            return;
        }
        int stores = captured.stores + 1;
        captured = new Capture(stores, va, size, read(va, size), value, compared);
    }
}
