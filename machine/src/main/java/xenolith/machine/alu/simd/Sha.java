package xenolith.machine.alu.simd;

/**
 * The SHA extensions (SDM volume 2; FIPS 180-4), each half of a result by itself: {@code a} is the
 * destination, {@code b} the source.
 */
public final class Sha {
    private Sha() {}

    private static int low(long v) {
        return (int) v;
    }

    private static int high(long v) {
        return (int) (v >>> 32);
    }

    private static long pair(int low, int high) {
        return low & 0xffff_ffffL | (long) high << 32;
    }

    // ---- SHA-1 -------------------------------------------------------------------------------

    private static int function(int kind, int b, int c, int d) {
        return switch (kind) {
            case 0 -> (b & c ^ ~b & d) + 0x5a82_7999;
            case 1 -> (b ^ c ^ d) + 0x6ed9_eba1;
            case 2 -> (b & c ^ b & d ^ c & d) + 0x8f1b_bcdc;
            default -> (b ^ c ^ d) + 0xca62_c1d6;
        };
    }

    /** SHA1RNDS4: which four rounds, by the low two bits of {@code kind}, and both halves. */
    public static void sha1rnds4(long[] x, int to, int from, int kind) {
        int a = high(x[to + 1]);
        int b = low(x[to + 1]);
        int c = high(x[to]);
        int d = low(x[to]);
        int e = 0;
        for (int round = 0; round < 4; round++) {
            long words = x[from + (round < 2 ? 1 : 0)];
            int w = (round & 1) == 0 ? high(words) : low(words);
            int next = function(kind & 3, b, c, d) + Integer.rotateLeft(a, 5) + w + e;
            e = d;
            d = c;
            c = Integer.rotateLeft(b, 30);
            b = a;
            a = next;
        }
        x[to] = pair(d, c);
        x[to + 1] = pair(b, a);
    }

    /** SHA1NEXTE, the high half; the low one is the source's. */
    public static long sha1nexteHigh(long aHigh, long bHigh) {
        return bHigh + pair(0, Integer.rotateLeft(high(aHigh), 30));
    }

    /** SHA1MSG1, the low half. */
    public static long sha1msg1Low(long aLow, long bHigh) {
        return aLow ^ bHigh;
    }

    /** SHA1MSG1, the high half. */
    public static long sha1msg1High(long aLow, long aHigh) {
        return aHigh ^ aLow;
    }

    /** SHA1MSG2, the low half. */
    public static long sha1msg2Low(long aLow, long aHigh, long bLow, long bHigh) {
        int w16 = Integer.rotateLeft(high(aHigh) ^ low(bHigh), 1);
        return pair(
                Integer.rotateLeft(low(aLow) ^ w16, 1),
                Integer.rotateLeft(high(aLow) ^ low(bLow), 1));
    }

    /** SHA1MSG2, the high half. */
    public static long sha1msg2High(long aHigh, long bLow, long bHigh) {
        return pair(
                Integer.rotateLeft(low(aHigh) ^ high(bLow), 1),
                Integer.rotateLeft(high(aHigh) ^ low(bHigh), 1));
    }

    // ---- SHA-256 -----------------------------------------------------------------------------

    private static int first(int e, int f, int g) {
        int sum =
                Integer.rotateRight(e, 6) ^ Integer.rotateRight(e, 11) ^ Integer.rotateRight(e, 25);
        return (e & f ^ ~e & g) + sum;
    }

    private static int second(int a, int b, int c) {
        int sum =
                Integer.rotateRight(a, 2) ^ Integer.rotateRight(a, 13) ^ Integer.rotateRight(a, 22);
        return (a & b ^ a & c ^ b & c) + sum;
    }

    /** SHA256RNDS2, the low half: E and F after two rounds; {@code wk} is the low half of XMM0. */
    public static long sha256rnds2Low(long aLow, long aHigh, long bLow, long bHigh, long wk) {
        int e0 = high(bLow);
        int f0 = low(bLow);
        int g0 = high(aLow);
        int e1 = first(e0, f0, g0) + low(wk) + low(aLow) + low(aHigh);
        return pair(e1, first(e1, e0, f0) + high(wk) + g0 + high(aHigh));
    }

    /** SHA256RNDS2, the high half: A and B after two rounds. */
    public static long sha256rnds2High(long aLow, long aHigh, long bLow, long bHigh, long wk) {
        int a0 = high(bHigh);
        int b0 = low(bHigh);
        int e0 = high(bLow);
        int f0 = low(bLow);
        int g0 = high(aLow);
        int t = first(e0, f0, g0) + low(wk) + low(aLow);
        int a1 = t + second(a0, b0, high(aHigh));
        int e1 = t + low(aHigh);
        return pair(a1, first(e1, e0, f0) + high(wk) + g0 + second(a1, a0, b0));
    }

    private static int small0(int w) {
        return Integer.rotateRight(w, 7) ^ Integer.rotateRight(w, 18) ^ w >>> 3;
    }

    private static int small1(int w) {
        return Integer.rotateRight(w, 17) ^ Integer.rotateRight(w, 19) ^ w >>> 10;
    }

    /** SHA256MSG1, the low half. */
    public static long sha256msg1Low(long aLow, long aHigh) {
        return pair(low(aLow) + small0(high(aLow)), high(aLow) + small0(low(aHigh)));
    }

    /** SHA256MSG1, the high half. */
    public static long sha256msg1High(long aHigh, long bLow) {
        return pair(low(aHigh) + small0(high(aHigh)), high(aHigh) + small0(low(bLow)));
    }

    /** SHA256MSG2, the low half. */
    public static long sha256msg2Low(long aLow, long bHigh) {
        return pair(low(aLow) + small1(low(bHigh)), high(aLow) + small1(high(bHigh)));
    }

    /** SHA256MSG2, the high half. */
    public static long sha256msg2High(long aLow, long aHigh, long bHigh) {
        long low = sha256msg2Low(aLow, bHigh);
        return pair(low(aHigh) + small1(low(low)), high(aHigh) + small1(high(low)));
    }
}
