package xenolith.machine.memory;

import jdk.internal.misc.Unsafe;

/**
 * Raw host memory by host address: the one class that knows how the JVM reaches it.
 *
 * <p>Addresses are host virtual addresses in bytes, values little-endian (the only hosts are
 * little-endian); narrow reads are zero-extended. Nothing is checked here: callers hand in only
 * addresses that {@link MachineMemory} gave out. The JDK's {@code Unsafe} was measured about 30 %
 * faster than one memory segment over everything (docs/decisions); it needs {@code
 * --add-exports=java.base/jdk.internal.misc=xenolith.machine}.
 */
public final class HostMemory {
    private static final Unsafe U = Unsafe.getUnsafe();

    private HostMemory() {}

    static long allocate(long bytes) {
        return U.allocateMemory(bytes);
    }

    static void free(long host) {
        U.freeMemory(host);
    }

    /** Sets {@code bytes} bytes to {@code value}. */
    public static void fill(long host, long bytes, byte value) {
        U.setMemory(host, bytes, value);
    }

    /** Copies {@code bytes} bytes; the ranges may overlap (as if through a temporary copy). */
    public static void copy(long fromHost, long toHost, long bytes) {
        U.copyMemory(fromHost, toHost, bytes);
    }

    static void copyIn(byte[] src, int at, long host, long bytes) {
        U.copyMemory(src, Unsafe.ARRAY_BYTE_BASE_OFFSET + at, null, host, bytes);
    }

    static void copyOut(long host, byte[] dst, int at, long bytes) {
        U.copyMemory(null, host, dst, Unsafe.ARRAY_BYTE_BASE_OFFSET + at, bytes);
    }

    public static long get8(long host) {
        return U.getByte(host) & 0xffL;
    }

    public static long get16(long host) {
        return U.getShort(host) & 0xffffL;
    }

    public static long get32(long host) {
        return U.getInt(host) & 0xffff_ffffL;
    }

    public static long get64(long host) {
        return U.getLong(host);
    }

    public static void put8(long host, long value) {
        U.putByte(host, (byte) value);
    }

    public static void put16(long host, long value) {
        U.putShort(host, (short) value);
    }

    public static void put32(long host, long value) {
        U.putInt(host, (int) value);
    }

    public static void put64(long host, long value) {
        U.putLong(host, value);
    }

    /**
     * Compare-and-swap of {@code size} (1, 2, 4 or 8) bytes at {@code host}, which must not cross
     * an aligned 8-byte border; returns the value found, equal to {@code expected} if the swap took
     * place. Values are zero-extended.
     */
    public static long compareAndSwap(long host, int size, long expected, long value) {
        long mask = size == 8 ? -1L : (1L << size * 8) - 1;
        long word = host & -8L;
        int shift = (int) (host & 7) * 8;
        while (true) {
            long seen = U.getLongVolatile(null, word);
            long found = seen >>> shift & mask;
            if (found != (expected & mask)) {
                return found;
            }
            long next = seen & ~(mask << shift) | (value & mask) << shift;
            if (U.compareAndSetLong(null, word, seen, next)) {
                return found;
            }
        }
    }

    /**
     * Adds {@code addend} to the {@code size} (1, 2, 4 or 8) bytes at {@code host}, a multiple of
     * {@code size}, atomically; returns what was there, zero-extended.
     */
    public static long getAndAdd(long host, int size, long addend) {
        if (size == 8) {
            return U.getAndAddLong(null, host, addend);
        }
        if (size == 4) {
            return U.getAndAddInt(null, host, (int) addend) & 0xffff_ffffL;
        }
        long old = size == 1 ? get8(host) : get16(host);
        while (true) {
            long found = compareAndSwap(host, size, old, old + addend);
            if (found == old) {
                return old;
            }
            old = found;
        }
    }

    /**
     * Stores {@code value} to the {@code size} (1, 2, 4 or 8) bytes at {@code host}, a multiple of
     * {@code size}, atomically; returns what was there, zero-extended.
     */
    public static long getAndSet(long host, int size, long value) {
        if (size == 8) {
            return U.getAndSetLong(null, host, value);
        }
        if (size == 4) {
            return U.getAndSetInt(null, host, (int) value) & 0xffff_ffffL;
        }
        long old = size == 1 ? get8(host) : get16(host);
        while (true) {
            long found = compareAndSwap(host, size, old, value);
            if (found == old) {
                return old;
            }
            old = found;
        }
    }

    /** Orders all memory accesses before it with all after it. */
    public static void fence() {
        U.fullFence();
    }
}
