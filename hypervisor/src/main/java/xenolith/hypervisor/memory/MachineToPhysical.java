package xenolith.hypervisor.memory;

import xenolith.machine.memory.MachineMemory;

/**
 * The machine-to-physical table (m2p): the pseudo-physical number of each frame, in frames of the
 * hypervisor that guests may read. 32-bit guests have a table of their own, 4 bytes a frame, as
 * soon as somebody asks for it.
 */
public final class MachineToPhysical {
    /** Entry for a frame that has no pseudo-physical number. */
    public static final long INVALID = -1L;

    private final MachineMemory memory;
    private final long entries;
    private final int first;
    private final int frames;
    private long[] mfns32 = {};

    /** The table of {@code memory}, from frame {@code first} on, which is its alone. */
    MachineToPhysical(MachineMemory memory, int first) {
        this.memory = memory;
        this.entries = memory.frames();
        this.first = first;
        this.frames = (int) ((entries + 511) / 512);
        for (long mfn = 0; mfn < frames * 512L; mfn++) {
            memory.put64(at(mfn), INVALID);
        }
    }

    private long at(long mfn) {
        return ((long) first << MachineMemory.FRAME_SHIFT) + 8 * mfn;
    }

    /** First of the {@link #frameCount} frames of the table. */
    public long firstMfn() {
        return first;
    }

    public int frameCount() {
        return frames;
    }

    /** Pseudo-physical frame of {@code mfn}, which is one of the machine's, or all ones. */
    public long pfn(long mfn) {
        return memory.get64(at(mfn));
    }

    /** Sets the entry of {@code mfn}, which is one of the machine's. */
    public void set(long mfn, long pfn) {
        memory.put64(at(mfn), pfn);
        if (mfns32.length != 0) {
            set32(mfn, pfn);
        }
    }

    // ---- of 32-bit guests --------------------------------------------------------------------

    /** Frames of the table of 32-bit guests; 0 if there is none yet. */
    public int frameCount32() {
        return mfns32.length;
    }

    /** Frame {@code i} of that table. */
    public long mfn32(int i) {
        return mfns32[i];
    }

    private void set32(long mfn, long pfn) {
        long frame = mfns32[(int) (mfn >>> 10)];
        memory.put32((frame << MachineMemory.FRAME_SHIFT) + 4 * (mfn & 1023), pfn);
    }

    /**
     * Makes the table of 32-bit guests, in frames of {@code supply}, from now on kept like the
     * other one; its frames.
     */
    public long[] make32(FrameTable supply) {
        long[] mfns = new long[(int) ((entries + 1023) / 1024)];
        for (int i = 0; i < mfns.length; i++) {
            mfns[i] = supply.allocateXen();
            if (mfns[i] < 0) {
                throw new IllegalStateException("the machine has no free frame left");
            }
        }
        mfns32 = mfns;
        for (long mfn = 0; mfn < mfns.length * 1024L; mfn++) {
            set32(mfn, mfn < entries ? pfn(mfn) : INVALID);
        }
        return mfns.clone();
    }
}
