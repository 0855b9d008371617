package xenolith.hypervisor.grant;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

/**
 * A domain's grant table, version 1 (public/grant_table.h): entries of 8 bytes {flags u16, domid
 * u16, frame u32} in frames that the guest maps and writes itself. Also the domain's own mappings
 * of other domains' grants.
 */
public final class GrantTable {
    /** Frames a table may grow to. */
    public static final int MAX_FRAMES = 64;

    /** Mappings that a domain may have at once: Xen's default of 1024 frames of them. */
    public static final int MAX_MAPPINGS = 1024 * 256;

    private static final int ENTRY = 8;
    private static final int ENTRIES_A_FRAME = MachineMemory.FRAME_SIZE / ENTRY;

    private static final int TYPE_MASK = 3;
    private static final int PERMIT_ACCESS = 1;
    private static final int READONLY = 1 << 2;
    private static final int READING = 1 << 3;
    private static final int WRITING = 1 << 4;

    /** GNTMAP_device_map and GNTMAP_host_map. */
    private static final int DEVICE_MAP = 1;

    private static final int HOST_MAP = 1 << 1;

    private final FrameTable frames;
    private final MachineMemory memory;
    private final DomainMemory owner;
    private final int maxFrames;
    private final List<Long> mfns = new ArrayList<>();

    /** Live uses by reference: readers and writers. */
    private int[] readers = new int[0];

    private int[] writers = new int[0];

    /** The domain's own mappings by handle; free places are null. */
    private final List<@Nullable Mapping> mappings = new ArrayList<>();

    private final Deque<Integer> freeHandles = new ArrayDeque<>();

    /**
     * A mapping that this domain made.
     *
     * @param granter the table it comes from
     * @param ref reference in the granter's table
     * @param mfn the frame
     * @param hostAddr where it was mapped
     * @param flags GNTMAP_* of the request
     */
    public record Mapping(GrantTable granter, int ref, long mfn, long hostAddr, int flags) {}

    /** An empty table of the domain of {@code owner}, with one frame. */
    public GrantTable(FrameTable frames, DomainMemory owner, int maxFrames) {
        this.frames = frames;
        this.memory = frames.memory();
        this.owner = owner;
        this.maxFrames = maxFrames;
        grow(1);
    }

    /** Frames in use. */
    public int frameCount() {
        return mfns.size();
    }

    public int maxFrames() {
        return maxFrames;
    }

    /** Frame {@code index} of the table. */
    public long frame(int index) {
        return mfns.get(index);
    }

    /** Makes the table at least {@code count} frames long; false where that is too many. */
    public boolean grow(int count) {
        if (count < 0 || count > maxFrames) {
            return false;
        }
        while (mfns.size() < count) {
            long mfn = allocateFrame();
            if (mfn < 0) {
                return false;
            }
            mfns.add(mfn);
            int entries = mfns.size() * ENTRIES_A_FRAME;
            readers = java.util.Arrays.copyOf(readers, entries);
            writers = java.util.Arrays.copyOf(writers, entries);
        }
        return true;
    }

    private long allocateFrame() {
        frames.lock().lock();
        try {
            return frames.allocateShared(owner);
        } finally {
            frames.lock().unlock();
        }
    }

    private long entry(int ref) {
        long mfn = mfns.get(ref / ENTRIES_A_FRAME);
        return (mfn << MachineMemory.FRAME_SHIFT) + (long) (ref % ENTRIES_A_FRAME) * ENTRY;
    }

    /** Writes entry {@code ref}: {@code domid} may map {@code mfn} read-write. */
    public void seed(int ref, int domid, long mfn) {
        long e = entry(ref);
        memory.put32(e + 4, mfn);
        memory.put16(e + 2, domid);
        memory.put16(e, PERMIT_ACCESS);
    }

    /**
     * Begins a use of reference {@code ref} by domain {@code domid}: checks the entry, marks it in
     * use and takes references on its frame.
     *
     * @return the MFN, or a negative {@link GrantStatus}
     */
    public long acquire(long ref, int domid, boolean readOnly) {
        if (ref < 0 || ref >= (long) mfns.size() * ENTRIES_A_FRAME) {
            return refuse(domid, GrantStatus.BAD_GNTREF, ref, "the table is shorter");
        }
        int r = (int) ref;
        long e = entry(r);
        int use = readOnly ? READING : READING | WRITING;
        while (true) {
            long word = memory.get32(e);
            int flags = (int) word & 0xffff;
            if ((flags & TYPE_MASK) != PERMIT_ACCESS
                    || word >>> 16 != domid
                    || !readOnly && (flags & READONLY) != 0) {
                String why = String.format("flags %04x, for d%d", flags, word >>> 16);
                return refuse(domid, GrantStatus.GENERAL_ERROR, ref, why);
            }
            if (memory.compareAndSwap(e, 4, word, word | use) == word) {
                break;
            }
        }
        long mfn = memory.get32(e + 4);
        count(r, readOnly, 1);
        if (!reference(mfn, readOnly)) {
            count(r, readOnly, -1);
            clearUnused(r);
            return refuse(domid, GrantStatus.GENERAL_ERROR, ref, frames.describe(mfn));
        }
        return mfn;
    }

    private int refuse(int domid, int status, long ref, String why) {
        String what = "status " + status + ": grant " + ref + " of d" + owner.domid() + ": ";
        frames.log().refuse(domid, what + why);
        return status;
    }

    private boolean reference(long mfn, boolean readOnly) {
        frames.lock().lock();
        try {
            return readOnly
                    ? frames.getPage(mfn, owner.domid())
                    : frames.getPageWritable(mfn, owner.domid());
        } finally {
            frames.lock().unlock();
        }
    }

    /** Ends a use that {@link #acquire} began. */
    public void release(int ref, long mfn, boolean readOnly) {
        frames.lock().lock();
        try {
            if (readOnly) {
                frames.putPage(mfn);
            } else {
                frames.putPageWritable(mfn);
            }
        } finally {
            frames.lock().unlock();
        }
        endUse(ref, readOnly);
    }

    /**
     * Ends a use whose page reference is not the caller's to drop: that of a mapping by a page
     * table goes with the entry, whoever removes it.
     */
    private void endUse(int ref, boolean readOnly) {
        count(ref, readOnly, -1);
        clearUnused(ref);
    }

    private void count(int ref, boolean readOnly, int by) {
        if (readOnly) {
            readers[ref] += by;
        } else {
            writers[ref] += by;
        }
    }

    private void clearUnused(int ref) {
        if (mfns.isEmpty()) {
            return; // The granting domain is dead.
        }
        int clear = writers[ref] == 0 ? WRITING : 0;
        if (clear != 0 && readers[ref] == 0) {
            clear |= READING;
        }
        long e = entry(ref);
        while (clear != 0) {
            long flags = memory.get16(e);
            if (memory.compareAndSwap(e, 2, flags, flags & ~clear) == flags) {
                return;
            }
        }
    }

    // ---- mappings ----------------------------------------------------------------------------

    /** Keeps {@code m} and returns its handle. */
    public int add(Mapping m) {
        Integer handle = freeHandles.poll();
        if (handle != null) {
            mappings.set(handle, m);
            return handle;
        }
        mappings.add(m);
        return mappings.size() - 1;
    }

    /** Whether {@link #add} may be called. */
    public boolean hasRoom() {
        return mappings.size() < MAX_MAPPINGS || !freeHandles.isEmpty();
    }

    /** The mapping with {@code handle}, or null. */
    public @Nullable Mapping mapping(long handle) {
        return handle < 0 || handle >= mappings.size() ? null : mappings.get((int) handle);
    }

    /** Replaces what {@code handle} stands for; null to free it. */
    public void replace(int handle, @Nullable Mapping m) {
        mappings.set(handle, m);
        if (m == null) {
            freeHandles.add(handle);
        }
    }

    /** Number of live mappings. */
    public int mappingCount() {
        return (int) mappings.stream().filter(m -> m != null).count();
    }

    /**
     * Ends all mappings of the dying domain and frees the table. Entries of its page tables drop
     * their page references themselves when the tables go, after this.
     */
    public void release() {
        for (int i = 0; i < mappings.size(); i++) {
            Mapping m = mappings.get(i);
            if (m != null) {
                boolean readOnly = (m.flags() & READONLY) != 0;
                if ((m.flags() & DEVICE_MAP) != 0) {
                    m.granter().release(m.ref(), m.mfn(), readOnly);
                }
                if ((m.flags() & HOST_MAP) != 0) {
                    m.granter().endUse(m.ref(), readOnly);
                }
                mappings.set(i, null);
            }
        }
        frames.lock().lock();
        try {
            for (long mfn : mfns) {
                frames.freeShared(mfn);
            }
        } finally {
            frames.lock().unlock();
        }
        mfns.clear();
    }
}
