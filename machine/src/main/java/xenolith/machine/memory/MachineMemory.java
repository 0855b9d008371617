package xenolith.machine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * The memory of the machine: {@link #frames()} frames of 4 KiB, addressed by machine address (MFN
 * times 4096 plus offset), little-endian.
 *
 * <p>All accesses by machine address are checked against the end of memory and throw {@link
 * IndexOutOfBoundsException} beyond it: that is a defect of the caller, never a guest's doing.
 * Stores tell the {@link CodeWatcher} when they touch bytes that were decoded as code.
 */
public final class MachineMemory implements AutoCloseable {
    public static final int FRAME_SIZE = 4096;
    public static final int FRAME_SHIFT = 12;

    /** From this size on the C library serves allocations by fresh, zero-filled mappings. */
    private static final long FRESH_MAPPING_BYTES = 64L << 20;

    private final long frames;
    private final long allocation;
    private final long base;

    /** Lets {@link #close} wait for other threads that use segments of frames. */
    private final Arena arena = Arena.ofShared();

    private final MemorySegment all;

    /** One bit for each 64-byte chunk of a frame that holds decoded code; indexed by MFN. */
    private final long[] codeChunks;

    private final List<CodeWatcher> watchers = new CopyOnWriteArrayList<>();

    /** Is told of stores into decoded code. */
    @FunctionalInterface
    public interface CodeWatcher {
        /**
         * {@code length} bytes at {@code maddr}, within one frame, were overwritten.
         *
         * @return whether the watcher still knows of code in that frame
         */
        boolean codeWritten(long maddr, int length);
    }

    /** Memory of {@code frames} zeroed frames; host memory is used as frames are touched. */
    public MachineMemory(long frames) {
        if (frames <= 0 || frames > Integer.MAX_VALUE / 2) {
            throw new IllegalArgumentException("frames: " + frames);
        }
        this.frames = frames;
        long bytes = Math.max(frames << FRAME_SHIFT, FRESH_MAPPING_BYTES) + FRAME_SIZE;
        this.allocation = HostMemory.allocate(bytes);
        this.base = allocation + FRAME_SIZE - 1 & -FRAME_SIZE;
        this.codeChunks = new long[(int) frames];
        this.all = segment(base, frames << FRAME_SHIFT, arena);
    }

    @SuppressWarnings("restricted")
    private static MemorySegment segment(long host, long bytes, Arena arena) {
        return MemorySegment.ofAddress(host).reinterpret(bytes, arena, null);
    }

    /** Number of frames; MFNs run from 0 to this less one. */
    public long frames() {
        return frames;
    }

    /** Host address of {@code maddr}: for the processor's own fast paths. */
    public long host(long maddr) {
        if (maddr < 0 || maddr >>> FRAME_SHIFT >= frames) {
            throw new IndexOutOfBoundsException("machine address 0x" + Long.toHexString(maddr));
        }
        return base + maddr;
    }

    private long host(long maddr, int size) {
        if (maddr < 0 || maddr > (frames << FRAME_SHIFT) - size) {
            throw new IndexOutOfBoundsException("machine address 0x" + Long.toHexString(maddr));
        }
        return base + maddr;
    }

    /**
     * The frame {@code mfn} as a segment of 4096 bytes, for any thread; after {@link #close} uses
     * of it throw {@link IllegalStateException}. Who stores through it must see to it that {@link
     * #codeStored} is called, on the thread that runs guests, before guests rely on the bytes.
     */
    public MemorySegment frame(long mfn) {
        return all.asSlice(mfn << FRAME_SHIFT, FRAME_SIZE);
    }

    public long get8(long maddr) {
        return HostMemory.get8(host(maddr, 1));
    }

    public long get16(long maddr) {
        return HostMemory.get16(host(maddr, 2));
    }

    public long get32(long maddr) {
        return HostMemory.get32(host(maddr, 4));
    }

    public long get64(long maddr) {
        return HostMemory.get64(host(maddr, 8));
    }

    public void put8(long maddr, long value) {
        HostMemory.put8(host(maddr, 1), value);
        stored(maddr, 1);
    }

    public void put16(long maddr, long value) {
        HostMemory.put16(host(maddr, 2), value);
        stored(maddr, 2);
    }

    public void put32(long maddr, long value) {
        HostMemory.put32(host(maddr, 4), value);
        stored(maddr, 4);
    }

    public void put64(long maddr, long value) {
        HostMemory.put64(host(maddr, 8), value);
        stored(maddr, 8);
    }

    /** As {@link HostMemory#compareAndSwap}, by machine address. */
    public long compareAndSwap(long maddr, int size, long expected, long value) {
        long found = HostMemory.compareAndSwap(host(maddr, size), size, expected, value);
        stored(maddr, size);
        return found;
    }

    /** Fills frame {@code mfn} with zeros. */
    public void zero(long mfn) {
        HostMemory.fill(host(mfn << FRAME_SHIFT), FRAME_SIZE, (byte) 0);
        stored(mfn << FRAME_SHIFT, FRAME_SIZE);
    }

    /**
     * Copies {@code length} bytes from machine address {@code from} to {@code to}, each within one
     * frame, as if through a temporary copy.
     */
    public void copyBytes(long from, long to, int length) {
        if (length > 0) {
            HostMemory.copy(host(from, length), host(to, length), length);
            stored(to, length);
        }
    }

    /** Copies frame {@code fromMfn} to frame {@code toMfn}. */
    public void copy(long fromMfn, long toMfn) {
        HostMemory.copy(host(fromMfn << FRAME_SHIFT), host(toMfn << FRAME_SHIFT), FRAME_SIZE);
        stored(toMfn << FRAME_SHIFT, FRAME_SIZE);
    }

    /** Copies {@code length} bytes from {@code maddr} (any number of frames) to {@code dst[at]}. */
    public void read(long maddr, byte[] dst, int at, int length) {
        java.util.Objects.checkFromIndexSize(at, length, dst.length);
        HostMemory.copyOut(host(maddr, length), dst, at, length);
    }

    /** Copies {@code length} bytes from {@code src[at]} to {@code maddr} (any number of frames). */
    public void write(long maddr, byte[] src, int at, int length) {
        java.util.Objects.checkFromIndexSize(at, length, src.length);
        HostMemory.copyIn(src, at, host(maddr, length), length);
        for (long a = maddr, end = maddr + length; a < end; ) {
            int n = (int) Math.min(end - a, FRAME_SIZE - (a & FRAME_SIZE - 1));
            stored(a, n);
            a += n;
        }
    }

    private void stored(long maddr, int length) {
        if (codeChunks[(int) (maddr >>> FRAME_SHIFT)] != 0) {
            codeStored(maddr, length);
        }
    }

    /** Whether frame {@code mfn} holds decoded code, so that stores to it must be told of. */
    public boolean holdsCode(long mfn) {
        return codeChunks[(int) mfn] != 0;
    }

    /** Whether {@code length} bytes at {@code maddr}, within one frame, may be decoded code. */
    public boolean overlapsCode(long maddr, int length) {
        return (codeChunks[(int) (maddr >>> FRAME_SHIFT)] & chunks(maddr, length)) != 0;
    }

    /** Says that {@code length} bytes at {@code maddr}, within one frame, were stored to. */
    public void codeStored(long maddr, int length) {
        if ((codeChunks[(int) (maddr >>> FRAME_SHIFT)] & chunks(maddr, length)) != 0) {
            boolean code = false;
            for (CodeWatcher watcher : watchers) {
                code |= watcher.codeWritten(maddr, length);
            }
            if (!code) {
                codeChunks[(int) (maddr >>> FRAME_SHIFT)] = 0;
            }
        }
    }

    /** Marks {@code length} bytes at {@code maddr}, within one frame, as decoded code. */
    public void markCode(long maddr, int length) {
        codeChunks[(int) (maddr >>> FRAME_SHIFT)] |= chunks(maddr, length);
    }

    private static long chunks(long maddr, int length) {
        int first = (int) (maddr & FRAME_SIZE - 1) >>> 6;
        int last = (int) (maddr + length - 1 & FRAME_SIZE - 1) >>> 6;
        return -1L << first & -1L >>> 63 - last;
    }

    /** Adds one who is told of stores into code: one for each engine of the machine. */
    public void watchCode(CodeWatcher codeWatcher) {
        watchers.add(codeWatcher);
    }

    /**
     * Frees the host memory, once no other thread is within an access to a segment of {@link
     * #frame}. Nothing may use this machine afterwards.
     */
    @Override
    public void close() {
        while (arena.scope().isAlive()) {
            try {
                arena.close();
            } catch (IllegalStateException inUse) {
                LockSupport.parkNanos(100_000);
            }
        }
        HostMemory.free(allocation);
    }
}
