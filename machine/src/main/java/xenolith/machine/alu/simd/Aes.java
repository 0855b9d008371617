package xenolith.machine.alu.simd;

/**
 * AES-NI on 64-bit halves (SDM volume 2; FIPS 197). Byte {@code i} of the 16 is row {@code i & 3}
 * of column {@code i >> 2}. A round's half takes the same half of the state as {@code own} and the
 * other one as {@code other}: rows move by columns, and four columns are a circle, so that one
 * meaning serves both halves.
 */
public final class Aes {
    /** Tables of 256, never written. */
    private static final int[] SUBSTITUTE = new int[256];

    private static final int[] INVERSE = new int[256];

    /** What a byte of row 0 becomes in its column: substituted, then mixed. */
    private static final int[] ENCRYPT = new int[256];

    private static final int[] DECRYPT = new int[256];

    /** What a byte of row 0 becomes by the inverse of mixing. */
    private static final int[] UNMIX = new int[256];

    static {
        // 3 generates the field's units: p runs through them, q through their inverses.
        int p = 1;
        int q = 1;
        do {
            p = (p ^ times2(p)) & 0xff;
            q ^= q << 1;
            q ^= q << 2;
            q ^= q << 4;
            q = (q ^ (q & 0x80) / 0x80 * 0x09) & 0xff;
            int x = q | q << 8;
            substitute(p, (q ^ x >>> 7 ^ x >>> 6 ^ x >>> 5 ^ x >>> 4) & 0xff ^ 0x63);
        } while (p != 1);
        substitute(0, 0x63);
        for (int i = 0; i < 256; i++) {
            int s = SUBSTITUTE[i];
            ENCRYPT[i] = times2(s) | s << 8 | s << 16 | (times2(s) ^ s) << 24;
            UNMIX[i] = unmixed(i);
        }
        for (int i = 0; i < 256; i++) {
            DECRYPT[i] = UNMIX[INVERSE[i]];
        }
    }

    private Aes() {}

    private static void substitute(int from, int to) {
        SUBSTITUTE[from] = to;
        INVERSE[to] = from;
    }

    private static int times2(int a) {
        return (a << 1 ^ (a >>> 7) * 0x11b) & 0xff;
    }

    private static int unmixed(int a) {
        int a2 = times2(a);
        int a4 = times2(a2);
        int a8 = times2(a4);
        return a8 ^ a4 ^ a2 | (a8 ^ a) << 8 | (a8 ^ a4 ^ a) << 16 | (a8 ^ a2 ^ a) << 24;
    }

    private static long pair(int low, int high) {
        return low & 0xffff_ffffL | (long) high << 32;
    }

    /** One column by {@code table}: row n from column n of the four. */
    private static int mixed(int[] table, int c0, int c1, int c2, int c3) {
        return table[c0 & 0xff]
                ^ Integer.rotateLeft(table[c1 >>> 8 & 0xff], 8)
                ^ Integer.rotateLeft(table[c2 >>> 16 & 0xff], 16)
                ^ Integer.rotateLeft(table[c3 >>> 24], 24);
    }

    private static int plain(int[] table, int c0, int c1, int c2, int c3) {
        return table[c0 & 0xff]
                | table[c1 >>> 8 & 0xff] << 8
                | table[c2 >>> 16 & 0xff] << 16
                | table[c3 >>> 24] << 24;
    }

    /** AESENC: one round, then exclusive-or with the key's half. */
    public static long aesenc(long own, long other, long key) {
        int a = (int) own;
        int b = (int) (own >>> 32);
        int c = (int) other;
        int d = (int) (other >>> 32);
        return pair(mixed(ENCRYPT, a, b, c, d), mixed(ENCRYPT, b, c, d, a)) ^ key;
    }

    /** AESENCLAST: without mixing. */
    public static long aesenclast(long own, long other, long key) {
        int a = (int) own;
        int b = (int) (own >>> 32);
        int c = (int) other;
        int d = (int) (other >>> 32);
        return pair(plain(SUBSTITUTE, a, b, c, d), plain(SUBSTITUTE, b, c, d, a)) ^ key;
    }

    /** AESDEC: one round of the equivalent inverse cipher. */
    public static long aesdec(long own, long other, long key) {
        int a = (int) own;
        int b = (int) (own >>> 32);
        int c = (int) other;
        int d = (int) (other >>> 32);
        return pair(mixed(DECRYPT, a, d, c, b), mixed(DECRYPT, b, a, d, c)) ^ key;
    }

    /** AESDECLAST. */
    public static long aesdeclast(long own, long other, long key) {
        int a = (int) own;
        int b = (int) (own >>> 32);
        int c = (int) other;
        int d = (int) (other >>> 32);
        return pair(plain(INVERSE, a, d, c, b), plain(INVERSE, b, a, d, c)) ^ key;
    }

    /** AESIMC: the inverse of mixing, of two columns. */
    public static long aesimc(long a) {
        int low = (int) a;
        int high = (int) (a >>> 32);
        return pair(mixed(UNMIX, low, low, low, low), mixed(UNMIX, high, high, high, high));
    }

    /** AESKEYGENASSIST: of one half, whose upper doubleword counts. */
    public static long aeskeygenassist(long a, int roundConstant) {
        int x = (int) (a >>> 32);
        int s = plain(SUBSTITUTE, x, x, x, x);
        return pair(s, Integer.rotateRight(s, 8) ^ roundConstant & 0xff);
    }
}
