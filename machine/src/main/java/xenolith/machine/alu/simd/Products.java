package xenolith.machine.alu.simd;

/**
 * Packed integer multiplication and sums of products or differences, on 64-bit halves (SDM volume
 * 2).
 */
public final class Products {
    private Products() {}

    /** Signed word {@code lane} (0 to 3). */
    private static int word(long v, int lane) {
        return (short) (v >>> 16 * lane);
    }

    private static int unsignedWord(long v, int lane) {
        return (int) (v >>> 16 * lane) & 0xffff;
    }

    private static int unsignedByte(long v, int lane) {
        return (int) (v >>> 8 * lane) & 0xff;
    }

    private static int saturate(int v) {
        return Math.clamp(v, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    public static long pmullw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= ((long) word(a, i) * word(b, i) & 0xffffL) << 16 * i;
        }
        return r;
    }

    public static long pmulhw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (word(a, i) * word(b, i) >> 16 & 0xffffL) << 16 * i;
        }
        return r;
    }

    public static long pmulhuw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (unsignedWord(a, i) * unsignedWord(b, i) >>> 16 & 0xffffL) << 16 * i;
        }
        return r;
    }

    public static long pmulhrsw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= ((word(a, i) * word(b, i) >> 14) + 1 >> 1 & 0xffffL) << 16 * i;
        }
        return r;
    }

    public static long pmuludq(long a, long b) {
        return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
    }

    public static long pmuldq(long a, long b) {
        return (long) (int) a * (int) b;
    }

    public static long pmulld(long a, long b) {
        return a * b & 0xffff_ffffL | (a >>> 32) * (b >>> 32) << 32;
    }

    public static long pmaddwd(long a, long b) {
        int low = word(a, 0) * word(b, 0) + word(a, 1) * word(b, 1);
        int high = word(a, 2) * word(b, 2) + word(a, 3) * word(b, 3);
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** Unsigned bytes of {@code a} times signed bytes of {@code b}, neighbours added. */
    public static long pmaddubsw(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i += 2) {
            int sum =
                    unsignedByte(a, i) * (byte) unsignedByte(b, i)
                            + unsignedByte(a, i + 1) * (byte) unsignedByte(b, i + 1);
            r |= (saturate(sum) & 0xffffL) << 8 * i;
        }
        return r;
    }

    /** The sum of absolute differences of the eight bytes. */
    public static long psadbw(long a, long b) {
        long sum = 0;
        for (int i = 0; i < 8; i++) {
            sum += Math.abs(unsignedByte(a, i) - unsignedByte(b, i));
        }
        return sum;
    }

    /** Sums of neighbours in {@code a} (low half of the result) and {@code b} (high half). */
    public static long phaddw(long a, long b) {
        return Arrange.words(
                word(a, 0) + word(a, 1),
                word(a, 2) + word(a, 3),
                word(b, 0) + word(b, 1),
                word(b, 2) + word(b, 3));
    }

    public static long phaddsw(long a, long b) {
        return Arrange.words(
                saturate(word(a, 0) + word(a, 1)),
                saturate(word(a, 2) + word(a, 3)),
                saturate(word(b, 0) + word(b, 1)),
                saturate(word(b, 2) + word(b, 3)));
    }

    public static long phsubw(long a, long b) {
        return Arrange.words(
                word(a, 0) - word(a, 1),
                word(a, 2) - word(a, 3),
                word(b, 0) - word(b, 1),
                word(b, 2) - word(b, 3));
    }

    public static long phsubsw(long a, long b) {
        return Arrange.words(
                saturate(word(a, 0) - word(a, 1)),
                saturate(word(a, 2) - word(a, 3)),
                saturate(word(b, 0) - word(b, 1)),
                saturate(word(b, 2) - word(b, 3)));
    }

    public static long phaddd(long a, long b) {
        return a + (a >>> 32) & 0xffff_ffffL | b + (b >>> 32) << 32;
    }

    public static long phsubd(long a, long b) {
        return a - (a >>> 32) & 0xffff_ffffL | b - (b >>> 32) << 32;
    }

    /** The smallest of the eight words and its index above it; zero beyond. */
    public static long phminposuw(long low, long high) {
        int best = unsignedWord(low, 0);
        int index = 0;
        for (int i = 1; i < 8; i++) {
            int w = i < 4 ? unsignedWord(low, i) : unsignedWord(high, i - 4);
            if (w < best) {
                best = w;
                index = i;
            }
        }
        return best | (long) index << 16;
    }

    /**
     * Four sums of absolute differences of MPSADBW: groups of four bytes from byte {@code at} of
     * {@code a}, each one byte further, against the four bytes {@code block}.
     */
    public static long mpsadbw(long aLow, long aHigh, int at, int block) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            int sum = 0;
            for (int k = 0; k < 4; k++) {
                int n = at + i + k;
                int x = n < 8 ? unsignedByte(aLow, n) : unsignedByte(aHigh, n - 8);
                sum += Math.abs(x - (block >>> 8 * k & 0xff));
            }
            r |= (long) sum << 16 * i;
        }
        return r;
    }
}
