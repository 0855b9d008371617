package xenolith.hypervisor.memory;

import java.util.concurrent.locks.ReentrantLock;
import xenolith.hypervisor.log.RefusalLog;
import xenolith.machine.memory.MachineMemory;

/** Owner, counts and type of every frame of the machine, and who gets free ones. */
public final class FrameTable {
    /** Owner of a frame that belongs to nobody. */
    public static final int FREE = -1;

    /** Owner of the hypervisor's own frames (DOMID_XEN). */
    public static final int XEN = 0x7ff2;

    /**
     * A table over {@code memory}; the low frames and the machine-to-physical table are the
     * hypervisor's, the others are free, and are handed out in an order shuffled by {@code seed}.
     */
    public FrameTable(MachineMemory memory, long seed, RefusalLog log) {
        throw new UnsupportedOperationException();
    }

    public MachineMemory memory() {
        throw new UnsupportedOperationException();
    }

    /** The one lock over frames, counts and page tables of the machine; innermost. */
    public ReentrantLock lock() {
        throw new UnsupportedOperationException();
    }

    /** Number of frames; valid MFNs are less. */
    public long frames() {
        throw new UnsupportedOperationException();
    }

    /** Number of free frames. */
    public long freeFrames() {
        throw new UnsupportedOperationException();
    }

    /** Domain that owns {@code mfn} (any value), {@link #XEN} or {@link #FREE}. */
    public int owner(long mfn) {
        throw new UnsupportedOperationException();
    }

    /**
     * Allocates one zeroed frame for {@code d} as its pseudo-physical frame {@code pfn} and sets
     * its machine-to-physical entry; -1 if there is none, or the domain would pass its maximum.
     */
    public long allocate(DomainMemory d, long pfn) {
        throw new UnsupportedOperationException();
    }

    /**
     * Allocates a zeroed frame of the hypervisor that {@code d} may map writable but never use as a
     * page table (shared_info, grant table, status frames); -1 if there is none. It does not count
     * against the domain's maximum.
     */
    public long allocateShared(DomainMemory d) {
        throw new UnsupportedOperationException();
    }

    /** Gives back a frame of {@link #allocateShared}; it is freed when nobody maps it any more. */
    public void freeShared(long mfn) {
        throw new UnsupportedOperationException();
    }

    /** Allocates a zeroed frame of the hypervisor's own; -1 if there is none. */
    public long allocateXen() {
        throw new UnsupportedOperationException();
    }

    /** Frees a frame of {@link #allocateXen}. */
    public void freeXen(long mfn) {
        throw new UnsupportedOperationException();
    }

    /**
     * Takes a general reference on {@code mfn} (any value) if domain {@code domid} owns it and it
     * is not on its way out.
     */
    public boolean getPage(long mfn, int domid) {
        throw new UnsupportedOperationException();
    }

    /** Drops a general reference; the last one frees the frame. */
    public void putPage(long mfn) {
        throw new UnsupportedOperationException();
    }

    /** Takes a general and a writable type reference on a frame of domain {@code domid}. */
    public boolean getPageWritable(long mfn, int domid) {
        throw new UnsupportedOperationException();
    }

    /** Drops what {@link #getPageWritable} took. */
    public void putPageWritable(long mfn) {
        throw new UnsupportedOperationException();
    }

    /** Pseudo-physical frame of {@code mfn} (less than {@link #frames()}), or all ones. */
    public long m2p(long mfn) {
        throw new UnsupportedOperationException();
    }

    /** Sets the machine-to-physical entry of {@code mfn} (less than {@link #frames()}). */
    public void setM2p(long mfn, long pfn) {
        throw new UnsupportedOperationException();
    }
}
