package xenolith.machine.alu.simd;

/**
 * Packed integer addition, comparison and shifts on eight bytes, four words, two doublewords or one
 * quadword in a 64-bit half (SDM volume 2, the P instructions). Lanes never carry into each other:
 * the top bit of every lane is kept out of the sum and put back by exclusive-or.
 */
public final class Lanes {
    /** The top bit of every lane. */
    private static final long B = 0x8080_8080_8080_8080L;

    private static final long W = 0x8000_8000_8000_8000L;
    private static final long D = 0x8000_0000_8000_0000L;
    private static final long Q = Long.MIN_VALUE;

    private Lanes() {}

    /** All ones in each lane of {@code width} bits whose top bit is set in {@code tops}. */
    private static long spread(long tops, int width) {
        return (tops << 1) - (tops >>> width - 1);
    }

    private static long select(long mask, long yes, long no) {
        return yes & mask | no & ~mask;
    }

    // ---- wrapping sums -----------------------------------------------------------------------

    private static long add(long a, long b, long top) {
        return (a & ~top) + (b & ~top) ^ (a ^ b) & top;
    }

    private static long sub(long a, long b, long top) {
        return (a | top) - (b & ~top) ^ (a ^ ~b) & top;
    }

    public static long paddb(long a, long b) {
        return add(a, b, B);
    }

    public static long paddw(long a, long b) {
        return add(a, b, W);
    }

    public static long paddd(long a, long b) {
        return add(a, b, D);
    }

    public static long paddq(long a, long b) {
        return a + b;
    }

    public static long psubb(long a, long b) {
        return sub(a, b, B);
    }

    public static long psubw(long a, long b) {
        return sub(a, b, W);
    }

    public static long psubd(long a, long b) {
        return sub(a, b, D);
    }

    public static long psubq(long a, long b) {
        return a - b;
    }

    // ---- saturating sums ---------------------------------------------------------------------

    private static long addUnsigned(long a, long b, long top, int width) {
        long sum = add(a, b, top);
        return sum | spread((a & b | (a | b) & ~sum) & top, width);
    }

    private static long subUnsigned(long a, long b, long top, int width) {
        long difference = sub(a, b, top);
        return difference & ~spread((~a & b | ~(a ^ b) & difference) & top, width);
    }

    /** The most positive number in lanes where {@code a} is positive, else the most negative. */
    private static long limit(long a, long top, int width) {
        return ~top + ((a & top) >>> width - 1);
    }

    private static long addSigned(long a, long b, long top, int width) {
        long sum = add(a, b, top);
        long overflow = spread(~(a ^ b) & (a ^ sum) & top, width);
        return select(overflow, limit(a, top, width), sum);
    }

    private static long subSigned(long a, long b, long top, int width) {
        long difference = sub(a, b, top);
        long overflow = spread((a ^ b) & (a ^ difference) & top, width);
        return select(overflow, limit(a, top, width), difference);
    }

    public static long paddusb(long a, long b) {
        return addUnsigned(a, b, B, 8);
    }

    public static long paddusw(long a, long b) {
        return addUnsigned(a, b, W, 16);
    }

    public static long psubusb(long a, long b) {
        return subUnsigned(a, b, B, 8);
    }

    public static long psubusw(long a, long b) {
        return subUnsigned(a, b, W, 16);
    }

    public static long paddsb(long a, long b) {
        return addSigned(a, b, B, 8);
    }

    public static long paddsw(long a, long b) {
        return addSigned(a, b, W, 16);
    }

    public static long psubsb(long a, long b) {
        return subSigned(a, b, B, 8);
    }

    public static long psubsw(long a, long b) {
        return subSigned(a, b, W, 16);
    }

    public static long pavgb(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~B);
    }

    public static long pavgw(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~W);
    }

    // ---- comparison --------------------------------------------------------------------------

    private static long equal(long a, long b, long top, int width) {
        long x = a ^ b;
        return spread(~((x & ~top) + ~top | x) & top, width);
    }

    /** All ones where {@code a >= b} unsigned. */
    private static long notBelow(long a, long b, long top, int width) {
        long difference = (a | top) - (b & ~top);
        return spread((a & ~b | ~(a ^ b) & difference) & top, width);
    }

    /** All ones where {@code a > b} signed. */
    private static long greater(long a, long b, long top, int width) {
        return ~notBelow(b ^ top, a ^ top, top, width);
    }

    public static long pcmpeqb(long a, long b) {
        return equal(a, b, B, 8);
    }

    public static long pcmpeqw(long a, long b) {
        return equal(a, b, W, 16);
    }

    public static long pcmpeqd(long a, long b) {
        return equal(a, b, D, 32);
    }

    public static long pcmpeqq(long a, long b) {
        return a == b ? -1 : 0;
    }

    public static long pcmpgtb(long a, long b) {
        return greater(a, b, B, 8);
    }

    public static long pcmpgtw(long a, long b) {
        return greater(a, b, W, 16);
    }

    public static long pcmpgtd(long a, long b) {
        return greater(a, b, D, 32);
    }

    public static long pcmpgtq(long a, long b) {
        return a > b ? -1 : 0;
    }

    public static long pminub(long a, long b) {
        return select(notBelow(a, b, B, 8), b, a);
    }

    public static long pminuw(long a, long b) {
        return select(notBelow(a, b, W, 16), b, a);
    }

    public static long pminud(long a, long b) {
        return select(notBelow(a, b, D, 32), b, a);
    }

    public static long pmaxub(long a, long b) {
        return select(notBelow(a, b, B, 8), a, b);
    }

    public static long pmaxuw(long a, long b) {
        return select(notBelow(a, b, W, 16), a, b);
    }

    public static long pmaxud(long a, long b) {
        return select(notBelow(a, b, D, 32), a, b);
    }

    public static long pminsb(long a, long b) {
        return select(greater(a, b, B, 8), b, a);
    }

    public static long pminsw(long a, long b) {
        return select(greater(a, b, W, 16), b, a);
    }

    public static long pminsd(long a, long b) {
        return select(greater(a, b, D, 32), b, a);
    }

    public static long pmaxsb(long a, long b) {
        return select(greater(a, b, B, 8), a, b);
    }

    public static long pmaxsw(long a, long b) {
        return select(greater(a, b, W, 16), a, b);
    }

    public static long pmaxsd(long a, long b) {
        return select(greater(a, b, D, 32), a, b);
    }

    /** The top bits of the eight bytes, as bits 0 to 7. */
    public static int pmovmskb(long a) {
        return (int) ((a >>> 7 & 0x0101_0101_0101_0101L) * 0x0102_0408_1020_4080L >>> 56);
    }

    // ---- logic -------------------------------------------------------------------------------

    public static long pand(long a, long b) {
        return a & b;
    }

    public static long pandn(long a, long b) {
        return ~a & b;
    }

    public static long por(long a, long b) {
        return a | b;
    }

    public static long pxor(long a, long b) {
        return a ^ b;
    }

    // ---- sign --------------------------------------------------------------------------------

    private static long abs(long b, long top, int width) {
        long negative = spread(b & top, width);
        return sub(b ^ negative, negative, top);
    }

    private static long sign(long a, long b, long top, int width) {
        long negative = spread(b & top, width);
        return sub(a ^ negative, negative, top) & ~equal(b, 0, top, width);
    }

    public static long pabsb(long a, long b) {
        return abs(b, B, 8);
    }

    public static long pabsw(long a, long b) {
        return abs(b, W, 16);
    }

    public static long pabsd(long a, long b) {
        return abs(b, D, 32);
    }

    public static long psignb(long a, long b) {
        return sign(a, b, B, 8);
    }

    public static long psignw(long a, long b) {
        return sign(a, b, W, 16);
    }

    public static long psignd(long a, long b) {
        return sign(a, b, D, 32);
    }

    // ---- shifts by a 64-bit count ------------------------------------------------------------

    /** {@code value} (of {@code width} bits) in every lane. */
    private static long repeat(long value, int width) {
        return width == 16
                ? value * 0x0001_0001_0001_0001L
                : width == 32 ? value * 0x0000_0001_0000_0001L : value;
    }

    private static long right(long a, long count, int width) {
        if (count < 0 || count >= width) {
            return 0;
        }
        return a >>> count & repeat(-1L >>> 64 - width >>> count, width);
    }

    private static long left(long a, long count, int width) {
        if (count < 0 || count >= width) {
            return 0;
        }
        long lane = -1L >>> 64 - width;
        return a << count & repeat(lane << count & lane, width);
    }

    private static long rightSigned(long a, long count, long top, int width) {
        if (count < 0 || count >= width) {
            return spread(a & top, width);
        }
        long sign = top >>> count;
        return sub(right(a, count, width) ^ sign, sign, top);
    }

    public static long psrlw(long a, long count) {
        return right(a, count, 16);
    }

    public static long psrld(long a, long count) {
        return right(a, count, 32);
    }

    public static long psrlq(long a, long count) {
        return right(a, count, 64);
    }

    public static long psllw(long a, long count) {
        return left(a, count, 16);
    }

    public static long pslld(long a, long count) {
        return left(a, count, 32);
    }

    public static long psllq(long a, long count) {
        return left(a, count, 64);
    }

    public static long psraw(long a, long count) {
        return rightSigned(a, count, W, 16);
    }

    public static long psrad(long a, long count) {
        return rightSigned(a, count, D, 32);
    }

    /** Bytes with the top bit set in {@code mask} from {@code b}, the others from {@code a}. */
    public static long pblendvb(long a, long b, long mask) {
        return select(spread(mask & B, 8), b, a);
    }

    /** As {@link #pblendvb} with doublewords. */
    public static long blendvps(long a, long b, long mask) {
        return select(spread(mask & D, 32), b, a);
    }

    /** As {@link #pblendvb} with the quadword. */
    public static long blendvpd(long a, long b, long mask) {
        return (mask & Q) != 0 ? b : a;
    }
}
