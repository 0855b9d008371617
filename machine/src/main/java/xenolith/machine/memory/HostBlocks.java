package xenolith.machine.memory;

/**
 * Copies, fills and searches of blocks of host memory as x86's string instructions want them:
 * element after element. Addresses are host addresses as in {@link HostMemory}; {@code size} is an
 * element's bytes (1, 2, 4 or 8), {@code bytes} a multiple of it.
 */
public final class HostBlocks {
    /** Up to here a loop is quicker than calling the JDK's copy or fill. */
    private static final long SMALL = 64;

    private HostBlocks() {}

    /**
     * Copies upwards: where the destination begins within the source, later elements read what
     * earlier ones wrote.
     */
    public static void copyUpwards(long from, long to, long bytes, int size) {
        long ahead = to - from;
        if (ahead <= 0 || ahead >= bytes) {
            if (bytes <= SMALL) {
                copySmall(from, to, bytes);
            } else {
                HostMemory.copy(from, to, bytes);
            }
        } else if (ahead >= size) {
            repeat(from, to, bytes, ahead);
        } else {
            for (long at = 0; at < bytes; at += size) {
                copyElement(from + at, to + at, size);
            }
        }
    }

    /** As {@link #copyUpwards} from the last element to the first. */
    public static void copyDownwards(long from, long to, long bytes, int size) {
        long behind = from - to;
        if (behind <= 0 || behind >= bytes) {
            HostMemory.copy(from, to, bytes);
            return;
        }
        for (long at = bytes - size; at >= 0; at -= size) {
            copyElement(from + at, to + at, size);
        }
    }

    /** The bytes between {@code from} and {@code to} again and again, each time twice as many. */
    private static void repeat(long from, long to, long bytes, long period) {
        HostMemory.copy(from, to, period);
        long n;
        for (long done = period; done < bytes; done += n) {
            n = Math.min(done, bytes - done);
            HostMemory.copy(to, to + done, n);
        }
    }

    /** Right for a destination that begins below the source, too: it reads before it writes. */
    private static void copySmall(long from, long to, long bytes) {
        long at = 0;
        for (; at + 8 <= bytes; at += 8) {
            HostMemory.put64(to + at, HostMemory.get64(from + at));
        }
        if ((bytes & 4) != 0) {
            HostMemory.put32(to + at, HostMemory.get32(from + at));
            at += 4;
        }
        if ((bytes & 2) != 0) {
            HostMemory.put16(to + at, HostMemory.get16(from + at));
            at += 2;
        }
        if ((bytes & 1) != 0) {
            HostMemory.put8(to + at, HostMemory.get8(from + at));
        }
    }

    private static void copyElement(long from, long to, int size) {
        switch (size) {
            case 1 -> HostMemory.put8(to, HostMemory.get8(from));
            case 2 -> HostMemory.put16(to, HostMemory.get16(from));
            case 4 -> HostMemory.put32(to, HostMemory.get32(from));
            default -> HostMemory.put64(to, HostMemory.get64(from));
        }
    }

    /** {@code value} (of which {@code size} bytes count) in every element of eight bytes. */
    private static long pattern(long value, int size) {
        return switch (size) {
            case 1 -> (value & 0xff) * 0x0101_0101_0101_0101L;
            case 2 -> (value & 0xffff) * 0x0001_0001_0001_0001L;
            case 4 -> (value & 0xffff_ffffL) * 0x1_0000_0001L;
            default -> value;
        };
    }

    /** Stores {@code value} in every element. */
    public static void fill(long to, long bytes, int size, long value) {
        long pattern = pattern(value, size);
        if (bytes > SMALL && pattern == (pattern & 0xff) * 0x0101_0101_0101_0101L) {
            HostMemory.fill(to, bytes, (byte) pattern);
            return;
        }
        long at = 0;
        for (; at + 8 <= bytes; at += 8) {
            HostMemory.put64(to + at, pattern);
        }
        if ((bytes & 4) != 0) {
            HostMemory.put32(to + at, pattern);
            at += 4;
        }
        if ((bytes & 2) != 0) {
            HostMemory.put16(to + at, pattern);
            at += 2;
        }
        if ((bytes & 1) != 0) {
            HostMemory.put8(to + at, pattern);
        }
    }

    /**
     * Offset of the first element of {@code a} that is equal ({@code equal}) or not equal to the
     * one at the same offset of {@code b}, or {@code bytes} if there is none.
     */
    public static long find(long a, long b, long bytes, int size, boolean equal) {
        long low = pattern(1, size);
        long at = 0;
        for (; at + 8 <= bytes; at += 8) {
            long x = hits(HostMemory.get64(a + at) ^ HostMemory.get64(b + at), low, size, equal);
            if (x != 0) {
                return at + first(x, size);
            }
        }
        long rest = bytes - at;
        if (rest == 0) {
            return bytes;
        }
        long x = hits(tail(a + at, rest) ^ tail(b + at, rest), low, size, equal);
        return x == 0 ? bytes : Math.min(bytes, at + first(x, size));
    }

    /** As {@link #find} of the value {@code b}. */
    public static long findValue(long a, long b, long bytes, int size, boolean equal) {
        long low = pattern(1, size);
        long pattern = pattern(b, size);
        long at = 0;
        for (; at + 8 <= bytes; at += 8) {
            long x = hits(HostMemory.get64(a + at) ^ pattern, low, size, equal);
            if (x != 0) {
                return at + first(x, size);
            }
        }
        long rest = bytes - at;
        if (rest == 0) {
            return bytes;
        }
        long mask = (1L << 8 * rest) - 1;
        long x = hits(tail(a + at, rest) ^ pattern & mask, low, size, equal);
        return x == 0 ? bytes : Math.min(bytes, at + first(x, size));
    }

    /** Not 0 if an element of the difference {@code x} is a hit; the lowest bit set is in it. */
    private static long hits(long x, long low, int size, boolean equal) {
        // Borrows of x - low begin only at an element that is 0, so that the lowest one is right.
        return equal ? x - low & ~x & low << 8 * size - 1 : x;
    }

    private static int first(long x, int size) {
        return Long.numberOfTrailingZeros(x) >>> 3 & -size;
    }

    /** The 1 to 7 bytes at {@code a}. */
    private static long tail(long a, long bytes) {
        long value = 0;
        for (long at = bytes - 1; at >= 0; at--) {
            value = value << 8 | HostMemory.get8(a + at);
        }
        return value;
    }
}
