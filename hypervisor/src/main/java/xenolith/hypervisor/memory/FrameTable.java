package xenolith.hypervisor.memory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.log.RefusalLog;
import xenolith.machine.memory.MachineMemory;

/**
 * Owner, reference counts and type of every frame of the machine, and who gets free ones. One a
 * machine; Xen's struct page_info as parallel arrays.
 *
 * <p>A frame has a general count (it is freed when that reaches 0) and a type count (its type can
 * change only while that is 0); each type reference goes with a general one. Public methods take
 * {@link #lock}; arguments that come from guests may be any number.
 */
public final class FrameTable {
    /** Owner of a frame that belongs to nobody. */
    public static final int FREE = -1;

    /** Owner of the hypervisor's own frames (DOMID_XEN). */
    public static final int XEN = 0x7ff2;

    static final int PINNED = 1;
    static final int VALIDATED = 1 << 1;

    /** The domain's own reference is there; decrease_reservation takes it away. */
    static final int ALLOCATED = 1 << 2;

    /** A frame of the hypervisor that a domain may map (Xen's PGC_xen_heap). */
    static final int XEN_HEAP = 1 << 3;

    /**
     * Validated up to a slot only: its validation, or the opposite, was interrupted. Such a frame
     * holds a reference and a type reference itself, so that nobody can use it as anything else.
     */
    static final int PARTIAL = 1 << 4;

    /** A {@link #XEN_HEAP} frame that its domain gave back: it lasts as long as it is mapped. */
    static final int GIVEN_BACK = 1 << 5;

    /** Places looked at in a unit of work, as a power of two. */
    private static final int SEARCH_SHIFT = 4;

    /** Frames that {@link #scrub} clears. */
    private static final int SCRUBBED = 64;

    /** Frames at the bottom that are never handed out; frame 0 stays zero: an empty table. */
    private static final int LOW_FRAMES = 256;

    final int[] owner;
    final int[] count;
    final int[] typeCount;
    final byte[] type;
    final byte[] flags;

    /** Linear entries in this table (positive), or linear entries that name it (negative). */
    final short[] linear;

    /** Slots from 0 on whose entries are counted, of {@link #PARTIAL} tables. */
    final short[] validatedSlots;

    private final MachineMemory memory;
    private final RefusalLog log;
    private final ReentrantLock lock = new ReentrantLock();
    private final FrameAllocator free;
    private final MachineToPhysical m2p;

    /** By number. */
    private @Nullable DomainMemory[] domains = new DomainMemory[8];

    private final PageTypes types;
    private final Reaper reaper = new Reaper(this);

    /** Free frames that still hold what their last owner wrote: cleared before they are taken. */
    private final BitSet stale;

    /** Where {@link #scrub} goes on. */
    private int scrubbedTo;

    /**
     * A table over {@code memory}; the low frames and the machine-to-physical table are the
     * hypervisor's, the others are free, and are handed out in an order shuffled by {@code seed}.
     */
    public FrameTable(MachineMemory memory, long seed, RefusalLog log) {
        int n = Math.toIntExact(memory.frames());
        this.memory = memory;
        this.log = log;
        owner = new int[n];
        count = new int[n];
        typeCount = new int[n];
        type = new byte[n];
        flags = new byte[n];
        linear = new short[n];
        validatedSlots = new short[n];
        stale = new BitSet(n);
        int low = Math.min(LOW_FRAMES, n / 8 + 1);
        m2p = new MachineToPhysical(memory, low);
        int reserved = low + m2p.frameCount();
        Arrays.fill(owner, 0, reserved, XEN);
        Arrays.fill(owner, reserved, n, FREE);
        free = new FrameAllocator(reserved, n, seed);
        types = new PageTypes(this);
    }

    public MachineMemory memory() {
        return memory;
    }

    /** The one lock over frames, counts and page tables of the machine; innermost. */
    public ReentrantLock lock() {
        return lock;
    }

    /** Types of frames and their validation. */
    public PageTypes types() {
        return types;
    }

    public RefusalLog log() {
        return log;
    }

    /** Number of frames; valid MFNs are less. */
    public long frames() {
        return owner.length;
    }

    /** Number of free frames, those of dead domains among them. */
    public long freeFrames() {
        finishReaping();
        return free.size();
    }

    /** As {@link #freeFrames}, but those of dead domains count even if others hold them still. */
    public long freeSoon() {
        return free.size() + reaper.pages();
    }

    /** The machine-to-physical table. */
    public MachineToPhysical m2p() {
        return m2p;
    }

    /** Whether {@code mfn} (any value) is a frame of this machine. */
    public boolean valid(long mfn) {
        return mfn >= 0 && mfn < owner.length;
    }

    /** Domain that owns {@code mfn} (any value), {@link #XEN} or {@link #FREE}. */
    public int owner(long mfn) {
        return valid(mfn) ? owner[(int) mfn] : FREE;
    }

    /** The {@link PageType} of {@code mfn}, which is {@link #valid}. */
    public int type(long mfn) {
        return type[(int) mfn];
    }

    public int typeCount(long mfn) {
        return typeCount[(int) mfn];
    }

    public int count(long mfn) {
        return count[(int) mfn];
    }

    public boolean pinned(long mfn) {
        return (flags[(int) mfn] & PINNED) != 0;
    }

    public boolean validated(long mfn) {
        return (flags[(int) mfn] & VALIDATED) != 0;
    }

    /** Whether {@code mfn} is a page table that is validated in part. */
    public boolean partial(long mfn) {
        return (flags[(int) mfn] & PARTIAL) != 0;
    }

    // ---- domains -----------------------------------------------------------------------------

    void register(DomainMemory d) {
        int domid = d.domid();
        if (domid >= domains.length) {
            domains = Arrays.copyOf(domains, Math.max(2 * domains.length, domid + 1));
        }
        if (domains[domid] != null) {
            throw new IllegalStateException("domain " + domid + " exists");
        }
        domains[domid] = d;
    }

    /** Whether there is a domain {@code domid}, or a dead one that still has pages. */
    public boolean knows(int domid) {
        return domid < domains.length && domains[domid] != null;
    }

    /** The frames of {@code d}, which is dead, are to be taken back. */
    void bury(DomainMemory d) {
        reaper.add(d);
    }

    /** Whether all frames of dead domains were taken back. */
    public boolean reaped() {
        return reaper.done();
    }

    /** Takes back the next frames of dead domains: a step of some hundred microseconds at most. */
    public void reap() {
        lock.lock();
        try {
            reaper.step();
        } finally {
            lock.unlock();
        }
    }

    /** Takes back all frames of dead domains. */
    public void finishReaping() {
        lock.lock();
        try {
            reaper.finish();
        } finally {
            lock.unlock();
        }
    }

    /** Forgets {@code d} if it is dead and owns nothing any more. */
    void unregisterIfGone(DomainMemory d) {
        boolean gone = d.dying() && d.totalPages() == 0 && !reaper.has(d);
        if (gone && domains[d.domid()] == d) {
            domains[d.domid()] = null;
        }
    }

    /** The domain that owns {@code mfn}, or null if that is the hypervisor or nobody. */
    @Nullable DomainMemory ownerOf(long mfn) {
        int domid = owner[(int) mfn];
        return domid >= 0 && domid < domains.length ? domains[domid] : null;
    }

    List<DomainMemory> domains() {
        List<DomainMemory> all = new ArrayList<>();
        for (DomainMemory d : domains) {
            if (d != null) {
                all.add(d);
            }
        }
        return all;
    }

    // ---- allocating --------------------------------------------------------------------------

    /**
     * Allocates one zeroed frame for {@code d} as its pseudo-physical frame {@code pfn} and sets
     * its machine-to-physical entry; -1 if there is none, or the domain would pass its maximum.
     */
    public long allocate(DomainMemory d, long pfn) {
        return allocate(d, pfn, 0, 0);
    }

    /**
     * As {@link #allocate(DomainMemory, long)} for 2^{@code order} frames in a row, whose machine
     * addresses fit into {@code addressBits} bits; 0 for any.
     */
    public long allocate(DomainMemory d, long pfn, int order, int addressBits) {
        lock.lock();
        try {
            long n = 1L << order;
            if (d.dying() || d.totalPages() + n > d.maxPages()) {
                return -1;
            }
            long first = take(order, pfn, below(addressBits));
            for (long i = 0; first >= 0 && i < n; i++) {
                assign((int) (first + i), d.domid(), ALLOCATED);
                m2p.set(
                        first + i,
                        pfn == MachineToPhysical.INVALID ? MachineToPhysical.INVALID : pfn + i);
            }
            if (first >= 0) {
                d.addPages(n);
            }
            return first;
        } finally {
            lock.unlock();
        }
    }

    /**
     * How much work it may be, in the units of {@link PageTypes#allow}, to find 2^{@code order}
     * frames in a row that fit into {@code addressBits} bits (0 for any).
     */
    public int searchWork(int order, int addressBits) {
        int end = below(addressBits);
        return order == 0 && end == owner.length ? 0 : end >>> order + SEARCH_SHIFT;
    }

    /** As {@link FrameAllocator#takeBlock}, with the frames of the dead if there are no others. */
    private long take(int order, long pfn, int end) {
        long first = free.takeBlock(order, pfn, end);
        if (first < 0 && !reaper.done()) {
            reaper.finish();
            first = free.takeBlock(order, pfn, end);
        }
        return first;
    }

    /** End of the frames whose addresses fit into {@code addressBits} bits; 0 for all of them. */
    private int below(int addressBits) {
        int bits = addressBits - MachineMemory.FRAME_SHIFT;
        return addressBits == 0 || bits >= 31
                ? owner.length
                : Math.min(owner.length, 1 << Math.max(bits, 0));
    }

    /**
     * Clears some free frames that still hold what their last owner wrote: some ten microseconds of
     * work for a processor that has nothing else to do, so that a domain which takes them need not
     * wait for it (Xen's scrub_free_pages).
     *
     * @return whether there were any
     */
    public boolean scrub() {
        lock.lock();
        try {
            for (int n = 0; n < SCRUBBED; n++) {
                int mfn = stale.nextSetBit(scrubbedTo);
                if (mfn < 0) {
                    boolean more = scrubbedTo > 0;
                    scrubbedTo = 0;
                    return more || n > 0;
                }
                clean(mfn);
                scrubbedTo = mfn;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void clean(int mfn) {
        stale.clear(mfn);
        memory.zero(mfn);
    }

    private void assign(int mfn, int domid, int newFlags) {
        if (stale.get(mfn)) {
            clean(mfn);
        }
        owner[mfn] = domid;
        count[mfn] = 1;
        flags[mfn] = (byte) newFlags;
    }

    /**
     * Allocates a zeroed frame of the hypervisor that {@code d} may map writable but never use as a
     * page table (shared_info, grant table, status frames); -1 if there is none. It does not count
     * against the domain's maximum.
     */
    public long allocateShared(DomainMemory d) {
        lock.lock();
        try {
            long mfn = take(0, -1, owner.length);
            if (mfn >= 0) {
                assign((int) mfn, d.domid(), ALLOCATED | XEN_HEAP | VALIDATED);
                type[(int) mfn] = PageType.WRITABLE;
                typeCount[(int) mfn] = 1;
            }
            return mfn;
        } finally {
            lock.unlock();
        }
    }

    /** Gives back a frame of {@link #allocateShared}; it is freed when nobody maps it any more. */
    public void freeShared(long mfn) {
        lock.lock();
        try {
            int i = (int) mfn;
            if ((flags[i] & (XEN_HEAP | ALLOCATED)) != (XEN_HEAP | ALLOCATED)) {
                throw new IllegalStateException("not a shared frame: " + describe(mfn));
            }
            typeCount[i]--;
            dropAllocation(mfn);
        } finally {
            lock.unlock();
        }
    }

    /** Allocates a zeroed frame of the hypervisor's own; -1 if there is none. */
    public long allocateXen() {
        lock.lock();
        try {
            long mfn = take(0, -1, owner.length);
            if (mfn >= 0) {
                assign((int) mfn, XEN, ALLOCATED);
            }
            return mfn;
        } finally {
            lock.unlock();
        }
    }

    /** Frees a frame of {@link #allocateXen}. */
    public void freeXen(long mfn) {
        lock.lock();
        try {
            if (owner(mfn) != XEN || flags[(int) mfn] != ALLOCATED) {
                throw new IllegalStateException("not an allocated frame: " + describe(mfn));
            }
            flags[(int) mfn] = 0;
            drop(mfn);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the domain's own reference from {@code mfn}, if it is still there. Called by the thread
     * of the domain, whose TLBs forget the frame if it is still in use: the last reference may be
     * dropped elsewhere. Nobody maps a frame without a reference.
     */
    public void dropAllocation(long mfn) {
        lock.lock();
        try {
            if (allocated(mfn)) {
                flags[(int) mfn] &= ~ALLOCATED;
                DomainMemory d = ownerOf(mfn);
                if (d != null && !d.dying() && count[(int) mfn] > 1) {
                    d.dropTranslations(mfn);
                }
                drop(mfn);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves {@code mfn}, which is {@link #unused}, to domain {@code to} as its pseudo-physical
     * frame {@code pfn} (any value). Whether {@code to} has room is the caller's to see.
     */
    public void transfer(long mfn, DomainMemory to, long pfn) {
        lock.lock();
        try {
            DomainMemory from = ownerOf(mfn);
            if (from == null || !unused(mfn)) {
                throw new IllegalStateException("not to be moved: " + describe(mfn));
            }
            from.dropTranslations(mfn);
            owner[(int) mfn] = to.domid();
            from.addPages(-1);
            to.addPages(1);
            m2p.set(mfn, pfn);
        } finally {
            lock.unlock();
        }
    }

    boolean allocated(long mfn) {
        return (flags[(int) mfn] & ALLOCATED) != 0;
    }

    /** Whether {@code mfn} is nothing but allocated: nobody maps or uses it. */
    public boolean unused(long mfn) {
        return count[(int) mfn] == 1
                && typeCount[(int) mfn] == 0
                && (flags[(int) mfn] & (ALLOCATED | XEN_HEAP)) == ALLOCATED;
    }

    /**
     * The domain gives {@code mfn}, a shared frame, back: the hypervisor keeps it, but once nobody
     * maps it nobody will. False if that is so already.
     */
    public boolean giveBackShared(long mfn, int domid) {
        lock.lock();
        try {
            if (!take(mfn, domid)) {
                return false;
            }
            flags[(int) mfn] |= GIVEN_BACK;
            drop(mfn);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether {@code mfn} is a frame of {@link #allocateShared}. */
    public boolean isShared(long mfn) {
        return (flags[(int) mfn] & XEN_HEAP) != 0;
    }

    // ---- references --------------------------------------------------------------------------

    /**
     * Takes a general reference on {@code mfn} (any value) if domain {@code domid} owns it and it
     * is not on its way out.
     */
    public boolean getPage(long mfn, int domid) {
        lock.lock();
        try {
            return take(mfn, domid);
        } finally {
            lock.unlock();
        }
    }

    /** Drops a general reference; the last one frees the frame. */
    public void putPage(long mfn) {
        lock.lock();
        try {
            drop(mfn);
        } finally {
            lock.unlock();
        }
    }

    /** Takes a general and a writable type reference on a frame of domain {@code domid}. */
    public boolean getPageWritable(long mfn, int domid) {
        lock.lock();
        try {
            return types.takeWithType(mfn, PageType.WRITABLE, domid) == 0;
        } finally {
            lock.unlock();
        }
    }

    /** Drops what {@link #getPageWritable} took. */
    public void putPageWritable(long mfn) {
        lock.lock();
        try {
            types.dropWithType(mfn);
        } finally {
            lock.unlock();
        }
    }

    boolean take(long mfn, int domid) {
        if (!valid(mfn)) {
            return false;
        }
        int i = (int) mfn;
        if (owner[i] != domid || count[i] == 0 || count[i] == Integer.MAX_VALUE) {
            return false;
        }
        if ((flags[i] & GIVEN_BACK) != 0 && count[i] == 1) {
            return false;
        }
        count[i]++;
        return true;
    }

    void drop(long mfn) {
        int i = (int) mfn;
        if (count[i] <= 0) {
            throw new IllegalStateException("no reference to drop: " + describe(mfn));
        }
        if (--count[i] == 0) {
            release(i);
        }
    }

    private void release(int mfn) {
        if (typeCount[mfn] != 0 || (flags[mfn] & PINNED) != 0) {
            throw new IllegalStateException("freed while in use: " + describe(mfn));
        }
        DomainMemory d = ownerOf(mfn);
        boolean counted = (flags[mfn] & XEN_HEAP) == 0;
        stale.set(mfn);
        memory.codeStored((long) mfn << MachineMemory.FRAME_SHIFT, MachineMemory.FRAME_SIZE);
        m2p.set(mfn, MachineToPhysical.INVALID);
        owner[mfn] = FREE;
        type[mfn] = PageType.NONE;
        flags[mfn] = 0;
        linear[mfn] = 0;
        free.give(mfn);
        if (d != null && counted) {
            d.addPages(-1);
            unregisterIfGone(d);
        }
    }

    // ---- for messages ------------------------------------------------------------------------

    boolean isFree(long mfn) {
        return free.isFree((int) mfn);
    }

    /** What {@code mfn} (any value) is, for a message. */
    public String describe(long mfn) {
        String name = "frame 0x" + Long.toHexString(mfn);
        if (!valid(mfn)) {
            return name + " is outside of memory";
        }
        int i = (int) mfn;
        if (owner[i] == FREE) {
            return name + " is free";
        }
        String whose = owner[i] == XEN ? "the hypervisor" : "d" + owner[i];
        return name
                + " is "
                + PageType.noun(type[i])
                + " of "
                + whose
                + " (type count "
                + typeCount[i]
                + ", references "
                + count[i]
                + ")";
    }
}
