package xenolith.machine.alu.simd;

/**
 * Packed values put into another order: interleaving, packing, shuffling, widening (SDM volume 2).
 */
public final class Arrange {
    private Arrange() {}

    static long words(int w0, int w1, int w2, int w3) {
        return w0 & 0xffffL | (w1 & 0xffffL) << 16 | (w2 & 0xffffL) << 32 | (long) w3 << 48;
    }

    // ---- interleaving: the low or the high four bytes of two halves --------------------------

    private static long spreadBytes(long v) {
        long x = v & 0xffff_ffffL;
        x = (x | x << 16) & 0x0000_ffff_0000_ffffL;
        return (x | x << 8) & 0x00ff_00ff_00ff_00ffL;
    }

    private static long spreadWords(long v) {
        return v & 0xffffL | (v & 0xffff_0000L) << 16;
    }

    public static long punpcklbw(long a, long b) {
        return spreadBytes(a) | spreadBytes(b) << 8;
    }

    public static long punpckhbw(long a, long b) {
        return spreadBytes(a >>> 32) | spreadBytes(b >>> 32) << 8;
    }

    public static long punpcklwd(long a, long b) {
        return spreadWords(a) | spreadWords(b) << 16;
    }

    public static long punpckhwd(long a, long b) {
        return spreadWords(a >>> 32) | spreadWords(b >>> 32) << 16;
    }

    public static long punpckldq(long a, long b) {
        return a & 0xffff_ffffL | b << 32;
    }

    public static long punpckhdq(long a, long b) {
        return a >>> 32 | b & 0xffff_ffff_0000_0000L;
    }

    // ---- packing: {@code a} to the low, {@code b} to the high four bytes ---------------------

    private static long wordsToBytes(long v, int least, int most) {
        long r = 0;
        for (int i = 0; i < 4; i++) {
            r |= (Math.clamp((short) (v >>> 16 * i), least, most) & 0xffL) << 8 * i;
        }
        return r;
    }

    private static long doublewordsToWords(long v, int least, int most) {
        int low = (int) v;
        int high = (int) (v >>> 32);
        return Math.clamp(low, least, most) & 0xffffL
                | (Math.clamp(high, least, most) & 0xffffL) << 16;
    }

    public static long packsswb(long a, long b) {
        return wordsToBytes(a, -128, 127) | wordsToBytes(b, -128, 127) << 32;
    }

    public static long packuswb(long a, long b) {
        return wordsToBytes(a, 0, 255) | wordsToBytes(b, 0, 255) << 32;
    }

    public static long packssdw(long a, long b) {
        return doublewordsToWords(a, -32768, 32767) | doublewordsToWords(b, -32768, 32767) << 32;
    }

    public static long packusdw(long a, long b) {
        return doublewordsToWords(a, 0, 65535) | doublewordsToWords(b, 0, 65535) << 32;
    }

    // ---- shuffling ---------------------------------------------------------------------------

    /** Words of {@code v} chosen by the four 2-bit fields of {@code order}. */
    public static long pshufw(long v, int order) {
        return v >>> 16 * (order & 3) & 0xffffL
                | (v >>> 16 * (order >>> 2 & 3) & 0xffffL) << 16
                | (v >>> 16 * (order >>> 4 & 3) & 0xffffL) << 32
                | v >>> 16 * (order >>> 6 & 3) << 48;
    }

    /** Doubleword {@code n} (0 to 3) of the pair. */
    public static long doubleword(long low, long high, int n) {
        return ((n & 2) == 0 ? low : high) >>> 32 * (n & 1) & 0xffff_ffffL;
    }

    /** Two doublewords of the pair chosen by the two low 2-bit fields of {@code order}. */
    public static long doublewords(long low, long high, int order) {
        return doubleword(low, high, order) | doubleword(low, high, order >>> 2) << 32;
    }

    private static final long TOPS = 0x8080_8080_8080_8080L;

    /** All ones in each byte whose top bit is set. */
    private static long tops(long v) {
        long t = v & TOPS;
        return (t << 1) - (t >>> 7);
    }

    /** PSHUFB's 8-byte form: bytes of {@code a} chosen by the bytes of {@code order}. */
    public static long pshufb(long a, long order) {
        return pshufb(a, a, order);
    }

    /** Half of PSHUFB's 16-byte form: bytes of the pair chosen by the bytes of {@code order}. */
    public static long pshufb(long low, long high, long order) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            long n = order >>> i;
            long half = (n & 8) == 0 ? low : high;
            // A shift takes the low six bits of its count.
            r |= (half >>> (n << 3) & 0xff) << i;
        }
        return r & ~tops(order);
    }

    /** The eight bytes from byte {@code at} (any number not negative) of the two. */
    public static long palignr(long low, long high, int at) {
        int bits = 8 * (at & 7);
        if (at >= 16) {
            return 0;
        }
        if (at >= 8) {
            return high >>> bits;
        }
        return bits == 0 ? low : low >>> bits | high << 64 - bits;
    }

    /** PSLLDQ, the low half: {@code bytes} is 0 to 16. */
    public static long pslldqLow(long low, int bytes) {
        return bytes >= 8 ? 0 : low << 8 * bytes;
    }

    /** PSLLDQ, the high half. */
    public static long pslldqHigh(long low, long high, int bytes) {
        return palignr(0, low, high, 0, 16 - bytes);
    }

    /** PSRLDQ, the low half; the high one is {@code palignr(high, 0, bytes)}. */
    public static long psrldqLow(long low, long high, int bytes) {
        return palignr(low, high, 0, 0, bytes);
    }

    /** The eight bytes from byte {@code at} (0 or more) of four halves, zeros beyond. */
    public static long palignr(long w0, long w1, long w2, long w3, int at) {
        return switch (at >>> 3) {
            case 0 -> palignr(w0, w1, at & 7);
            case 1 -> palignr(w1, w2, at & 7);
            case 2 -> palignr(w2, w3, at & 7);
            case 3 -> palignr(w3, 0, at & 7);
            default -> 0;
        };
    }

    /** {@code v} with field {@code n} of {@code width} (8, 16, 32) bits replaced. */
    public static long insert(long v, int n, int width, long field) {
        int shift = n * width & 63;
        long mask = -1L >>> 64 - width << shift;
        return v & ~mask | field << shift & mask;
    }

    /** Words with their bit set in the low four of {@code which} from {@code b}, else {@code a}. */
    public static long pblendw(long a, long b, int which) {
        long mask = 0;
        for (int i = 0; i < 4; i++) {
            mask |= (which >>> i & 1) * 0xffffL << 16 * i;
        }
        return b & mask | a & ~mask;
    }

    /** Doublewords with their bit set in the low two of {@code which} from {@code b}. */
    public static long blendps(long a, long b, int which) {
        long mask = (which & 1) * 0xffff_ffffL | (long) -(which >>> 1 & 1) << 32;
        return b & mask | a & ~mask;
    }

    // ---- widening: the first fields of {@code v} to eight bytes ------------------------------

    public static long widen8to16(long v, boolean signed) {
        long x = spreadBytes(v);
        return signed ? signExtend(x, 0x0080_0080_0080_0080L, 0x8000_8000_8000_8000L) : x;
    }

    public static long widen8to32(long v, boolean signed) {
        long x = v & 0xff | (v & 0xff00) << 24;
        return signed ? signExtend(x, 0x0000_0080_0000_0080L, 0x8000_0000_8000_0000L) : x;
    }

    public static long widen8to64(long v, boolean signed) {
        return signed ? (byte) v : v & 0xff;
    }

    public static long widen16to32(long v, boolean signed) {
        long x = spreadWords(v);
        return signed ? signExtend(x, 0x0000_8000_0000_8000L, 0x8000_0000_8000_0000L) : x;
    }

    public static long widen16to64(long v, boolean signed) {
        return signed ? (short) v : v & 0xffff;
    }

    public static long widen32to64(long v, boolean signed) {
        return signed ? (int) v : v & 0xffff_ffffL;
    }

    /** Lane-wise {@code (x ^ sign) - sign}; {@code top} is each lane's top bit. */
    private static long signExtend(long x, long sign, long top) {
        long y = x ^ sign;
        return (y | top) - sign ^ ~y & top;
    }
}
