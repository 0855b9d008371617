package xenolith.hypervisor.grant;

import java.util.ArrayList;
import java.util.List;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

/**
 * The frames of a grant table that its guest maps and writes itself (public/grant_table.h).
 *
 * <p>Version 1: entries of 8 bytes {flags u16, domid u16, frame u32}, where the flags also tell
 * what is in use. Version 2: entries of 16 bytes {flags u16, domid u16; full page: frame u64 at 8;
 * part of a page: offset u16 at 4, length u16 at 6, frame u64 at 8; transitive: domid u16 at 4,
 * reference u32 at 8}, and what is in use is told in status frames, a u16 an entry.
 */
final class SharedEntries {
    private static final int STATUS_A_FRAME = MachineMemory.FRAME_SIZE / 2;

    private final FrameTable frames;
    private final MachineMemory memory;
    private final DomainMemory owner;
    private final List<Long> mfns = new ArrayList<>();
    private final List<Long> statusMfns = new ArrayList<>();
    private int version = 1;

    SharedEntries(FrameTable frames, DomainMemory owner) {
        this.frames = frames;
        this.memory = frames.memory();
        this.owner = owner;
    }

    int version() {
        return version;
    }

    void setVersion(int newVersion) {
        version = newVersion;
    }

    int frameCount() {
        return mfns.size();
    }

    int statusFrameCount() {
        return statusMfns.size();
    }

    long frameMfn(int index) {
        return mfns.get(index);
    }

    long statusMfn(int index) {
        return statusMfns.get(index);
    }

    private int entrySize() {
        return version == 1 ? 8 : 16;
    }

    /** Number of entries. */
    int count() {
        return mfns.size() * (MachineMemory.FRAME_SIZE / entrySize());
    }

    /** Status frames that {@code tableFrames} frames of version 2 need. */
    static int statusFramesFor(int tableFrames) {
        int entries = tableFrames * (MachineMemory.FRAME_SIZE / 16);
        return (entries + STATUS_A_FRAME - 1) / STATUS_A_FRAME;
    }

    /** Machine address of entry {@code ref}. */
    long at(int ref) {
        int entries = MachineMemory.FRAME_SIZE / entrySize();
        long mfn = mfns.get(ref / entries);
        return (mfn << MachineMemory.FRAME_SHIFT) + (long) (ref % entries) * entrySize();
    }

    /** Flags in bits 0 to 15 and domid in bits 16 to 31 of entry {@code ref}. */
    int header(int ref) {
        return (int) memory.get32(at(ref));
    }

    /** The frame that entry {@code ref} names: 32 bits in version 1, 64 in version 2. */
    long frame(int ref) {
        return version == 1 ? memory.get32(at(ref) + 4) : memory.get64(at(ref) + 8);
    }

    void setFrame(int ref, long frame) {
        if (version == 1) {
            memory.put32(at(ref) + 4, frame);
        } else {
            memory.put64(at(ref) + 8, frame);
        }
    }

    /** Version 2: the u16 at 4, where a part of a page begins, or whose grant is passed on. */
    int subWord(int ref) {
        return (int) memory.get16(at(ref) + 4);
    }

    /** Version 2: the u16 at 6, how long a part of a page is. */
    int subLength(int ref) {
        return (int) memory.get16(at(ref) + 6);
    }

    /** Version 2: the reference that a transitive entry passes on. */
    long transitiveRef(int ref) {
        return memory.get32(at(ref) + 8);
    }

    /** Machine address of the u16 that tells what is in use of entry {@code ref}. */
    long statusAt(int ref) {
        if (version == 1) {
            return at(ref);
        }
        long mfn = statusMfns.get(ref / STATUS_A_FRAME);
        return (mfn << MachineMemory.FRAME_SHIFT) + (ref % STATUS_A_FRAME) * 2L;
    }

    void setStatusBits(int ref, int bits) {
        changeStatus(ref, bits, 0);
    }

    void clearStatusBits(int ref, int bits) {
        changeStatus(ref, 0, bits);
    }

    private void changeStatus(int ref, int set, int clear) {
        long at = statusAt(ref);
        long seen = memory.get16(at);
        long found;
        while ((found = memory.compareAndSwap(at, 2, seen, (seen | set) & ~clear)) != seen) {
            seen = found;
        }
    }

    // ---- frames ------------------------------------------------------------------------------

    /** Makes the table {@code count} frames long, if it is shorter, with status frames for them. */
    boolean grow(int count) {
        int tables = mfns.size();
        if (!add(mfns, count) || version == 2 && !add(statusMfns, statusFramesFor(count))) {
            remove(mfns, tables);
            return false;
        }
        return true;
    }

    /** Makes the status frames that version 2 needs; false where memory is out. */
    boolean makeStatusFrames() {
        return add(statusMfns, statusFramesFor(mfns.size()));
    }

    /** Frees the status frames, unless the guest maps one of them; then false. */
    boolean freeStatusFrames() {
        for (long mfn : statusMfns) {
            if (frames.count(mfn) != 1) {
                return false;
            }
        }
        remove(statusMfns, 0);
        return true;
    }

    /** Fills all entries with zeros. */
    void clear() {
        for (long mfn : mfns) {
            memory.zero(mfn);
        }
    }

    /** Frees all frames. */
    void free() {
        remove(mfns, 0);
        remove(statusMfns, 0);
    }

    private boolean add(List<Long> list, int count) {
        int before = list.size();
        while (list.size() < count) {
            long mfn = frames.allocateShared(owner);
            if (mfn < 0) {
                remove(list, before);
                return false;
            }
            list.add(mfn);
        }
        return true;
    }

    private void remove(List<Long> list, int left) {
        while (list.size() > left) {
            frames.freeShared(list.removeLast());
        }
    }
}
