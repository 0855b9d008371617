package xenolith.hypervisor.grant;

import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

/**
 * A domain's grant table (public/grant_table.h): its shared entries, what is in use of each, and
 * the domain's own mappings of other domains' grants. A use that maps a grant holds references of
 * its frame: one, and one of writable type if it is for writing.
 *
 * <p>References come from guests and may be any number.
 */
public final class GrantTable {
    /** Frames a table may grow to. */
    public static final int MAX_FRAMES = 64;

    private static final int ENTRIES_A_FRAME = MachineMemory.FRAME_SIZE / 8;

    private final FrameTable frames;
    private final MachineMemory memory;
    private final DomainMemory owner;
    private final int maxFrames;
    private final IntFunction<@Nullable GrantTable> domains;
    private final SharedEntries entries;
    private final Maptrack maptrack = new Maptrack();

    /** Indexed by reference, long enough for version 1; null where nothing was in use ever. */
    private @Nullable ActiveEntry[] active = {};

    /**
     * Uses of parts of pages and of other domains' grants: there is no way back to version 1
     * meanwhile.
     */
    private int version2Uses;

    private boolean dead;

    /**
     * An empty table of the domain of {@code owner}, with one frame.
     *
     * @param domains finds another domain's table by its number
     */
    public GrantTable(
            FrameTable frames,
            DomainMemory owner,
            int maxFrames,
            IntFunction<@Nullable GrantTable> domains) {
        this.frames = frames;
        this.memory = frames.memory();
        this.owner = owner;
        this.maxFrames = maxFrames;
        this.domains = domains;
        this.entries = new SharedEntries(frames, owner);
        grow(1);
    }

    // ---- the table ---------------------------------------------------------------------------

    /** 1 or 2. */
    public int version() {
        return entries.version();
    }

    /** Frames in use. */
    public int frameCount() {
        return entries.frameCount();
    }

    public int maxFrames() {
        return maxFrames;
    }

    /** Frame {@code index} of the table. */
    public long frame(int index) {
        return entries.frameMfn(index);
    }

    /** Status frames: none in version 1. */
    public int statusFrameCount() {
        return entries.statusFrameCount();
    }

    /** Status frame {@code index}. */
    public long statusFrame(int index) {
        return entries.statusMfn(index);
    }

    /** Number of references. */
    public int entryCount() {
        return entries.count();
    }

    /** Makes the table at least {@code count} frames long; false where that is too many. */
    public boolean grow(int count) {
        if (count < 0 || count > maxFrames) {
            return false;
        }
        frames.lock().lock();
        try {
            if (!entries.grow(count)) {
                return false;
            }
        } finally {
            frames.lock().unlock();
        }
        active = Arrays.copyOf(active, entries.frameCount() * ENTRIES_A_FRAME);
        return true;
    }

    /** This domain's mappings of other domains' grants. */
    public Maptrack maptrack() {
        return maptrack;
    }

    /** Writes entry {@code ref}: {@code domid} may map {@code mfn} read-write. */
    public void seed(int ref, int domid, long mfn) {
        long at = entries.at(ref);
        entries.setFrame(ref, mfn);
        memory.put16(at + 2, domid);
        memory.put16(at, Gnttab.PERMIT_ACCESS);
    }

    SharedEntries entries() {
        return entries;
    }

    FrameTable frames() {
        return frames;
    }

    DomainMemory owner() {
        return owner;
    }

    int version2Uses() {
        return version2Uses;
    }

    void addVersion2Uses(int by) {
        version2Uses += by;
    }

    @Nullable GrantTable tableOf(int domid) {
        return domains.apply(domid);
    }

    /** Whether {@code ref} (any value) is in use. */
    public boolean inUse(long ref) {
        if (ref < 0 || ref >= active.length) {
            return false;
        }
        ActiveEntry act = active[(int) ref];
        return act != null && act.inUse();
    }

    int activeCount() {
        return active.length;
    }

    /** The counts of {@code ref} and their subject; {@code ref} is within the table. */
    ActiveEntry active(int ref) {
        ActiveEntry act = active[ref];
        if (act == null) {
            act = new ActiveEntry();
            active[ref] = act;
        }
        return act;
    }

    boolean valid(long ref) {
        return ref >= 0 && ref < entries.count();
    }

    int refuse(long ref, int status, String why) {
        frames.log().refuse(owner.domid(), "grant 0x" + Long.toHexString(ref) + ": " + why);
        return status;
    }

    // ---- uses --------------------------------------------------------------------------------

    /**
     * Begins a use of reference {@code ref} by domain {@code domid}, which maps it into its memory:
     * checks the entry, marks it in use and takes references on its frame.
     *
     * @return the MFN, or a negative {@link GrantStatus}
     */
    public long acquire(long ref, int domid, boolean readOnly) {
        return map(ref, domid, Gnttab.HOST_MAP | (readOnly ? Gnttab.MAP_READONLY : 0));
    }

    /**
     * As {@link #acquire} for a mapping with {@code mapFlags} (GNTMAP_*): device_map and host_map
     * are a use each. At least one of them is set.
     */
    public long map(long ref, int domid, int mapFlags) {
        if (!valid(ref)) {
            return refuse(ref, GrantStatus.BAD_GNTREF, "the table ends before");
        }
        int r = (int) ref;
        boolean readOnly = (mapFlags & Gnttab.MAP_READONLY) != 0;
        int increment = ActiveEntry.increment(mapFlags);
        ActiveEntry act = active(r);
        if (!act.admits(domid, increment) || act.inUse() && act.subPage) {
            return refuse(ref, GrantStatus.GENERAL_ERROR, "in use otherwise");
        }
        if (!act.inUse() || !readOnly && !act.written()) {
            int rc = EntryClaim.claim(this, r, act, readOnly, true, domid);
            if (rc != 0) {
                return rc;
            }
            if (!act.inUse()) {
                long mfn = entries.frame(r);
                if (!frames.getPage(mfn, owner.domid())) {
                    reduceStatus(r, act, readOnly);
                    return refuse(ref, GrantStatus.BAD_PAGE, frames.describe(mfn));
                }
                frames.putPage(mfn);
                act.set(domid, mfn, 0, MachineMemory.FRAME_SIZE, false);
            }
        }
        act.pin += increment;
        if (!reference(act.mfn, readOnly, Integer.bitCount(increment))) {
            act.pin -= increment;
            reduceStatus(r, act, readOnly);
            return refuse(ref, GrantStatus.GENERAL_ERROR, frames.describe(act.mfn));
        }
        return act.mfn;
    }

    private boolean reference(long mfn, boolean readOnly, int times) {
        for (int i = 0; i < times; i++) {
            boolean got =
                    readOnly
                            ? frames.getPage(mfn, owner.domid())
                            : frames.getPageWritable(mfn, owner.domid());
            if (!got) {
                for (; i > 0; i--) {
                    drop(mfn, readOnly);
                }
                return false;
            }
        }
        return true;
    }

    private void drop(long mfn, boolean readOnly) {
        if (readOnly) {
            frames.putPage(mfn);
        } else {
            frames.putPageWritable(mfn);
        }
    }

    /** Ends a use that {@link #acquire} began. */
    public void release(int ref, long mfn, boolean readOnly) {
        unmap(ref, mfn, Gnttab.HOST_MAP | (readOnly ? Gnttab.MAP_READONLY : 0));
    }

    /** Ends the uses {@code mapFlags} that {@link #map} began. */
    public void unmap(int ref, long mfn, int mapFlags) {
        boolean readOnly = (mapFlags & Gnttab.MAP_READONLY) != 0;
        for (int i = Integer.bitCount(ActiveEntry.increment(mapFlags)); i > 0; i--) {
            drop(mfn, readOnly);
        }
        endUse(ref, mapFlags);
    }

    /**
     * Ends uses whose page references are not the caller's to drop: that of a mapping by a page
     * table goes with the entry, whoever removes it.
     */
    private void endUse(int ref, int mapFlags) {
        ActiveEntry act = active(ref);
        act.pin -= ActiveEntry.increment(mapFlags);
        reduceStatus(ref, act, (mapFlags & Gnttab.MAP_READONLY) != 0);
    }

    /** Tells the guest no more access than there is. */
    void reduceStatus(int ref, ActiveEntry act, boolean readOnly) {
        // After a change to version 2 the table may be too short; dead domains have none.
        if (dead || !valid(ref)) {
            return;
        }
        int clear = act.inUse() ? 0 : Gnttab.READING;
        if (!readOnly && !act.written()) {
            clear |= Gnttab.WRITING;
        }
        if (clear != 0) {
            entries.clearStatusBits(ref, clear);
        }
    }

    /** Whether a grant of {@code mfn}, from {@code first} on, is in use by domain {@code domid}. */
    public boolean granted(long mfn, int domid, int first) {
        int n = entries.count();
        for (int ref = Math.max(first, 0); ref >= 0 && ref < n; ref++) {
            ActiveEntry act = active[ref];
            if (act != null && act.inUse() && act.domid == domid && act.mfn == mfn) {
                return true;
            }
        }
        return false;
    }

    // ---- end ---------------------------------------------------------------------------------

    /**
     * Ends all mappings of the dying domain and frees the table. Entries of its page tables drop
     * their page references themselves when the tables go, after this.
     */
    public void release() {
        for (Maptrack.Mapping m : maptrack.all()) {
            int readOnly = m.flags() & Gnttab.MAP_READONLY;
            if ((m.flags() & Gnttab.DEVICE_MAP) != 0) {
                m.granter().unmap(m.ref(), m.mfn(), Gnttab.DEVICE_MAP | readOnly);
            }
            if ((m.flags() & Gnttab.HOST_MAP) != 0) {
                m.granter().endUse(m.ref(), Gnttab.HOST_MAP | readOnly);
            }
        }
        maptrack.clear();
        dead = true;
        entries.free();
    }
}
