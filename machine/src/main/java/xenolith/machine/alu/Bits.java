package xenolith.machine.alu;

/** Bit and byte tricks (SDM volume 2: BSWAP, CRC32, MOVBE). */
public final class Bits {
    /** The polynomial 11EDC6F41, bits reflected. */
    private static final int CRC32C = 0x82f6_3b78;

    /** What eight steps make of each low byte; never written. */
    private static final int[] STEPS = steps();

    private Bits() {}

    private static int[] steps() {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int c = i;
            for (int k = 0; k < 8; k++) {
                c = c >>> 1 ^ CRC32C & -(c & 1);
            }
            table[i] = c;
        }
        return table;
    }

    /** Reverses the low {@code size} (2, 4, 8) bytes of {@code a}; zero-extended. */
    public static long swap(long a, int size) {
        return Long.reverseBytes(a) >>> 64 - 8 * size;
    }

    /** CRC32: {@code crc} (32 bits) continued with the low {@code size} bytes of {@code a}. */
    public static long crc32(long crc, long a, int size) {
        int c = (int) crc;
        for (int i = 0; i < size; i++) {
            c = c >>> 8 ^ STEPS[(c ^ (int) (a >>> 8 * i)) & 0xff];
        }
        return c & 0xffff_ffffL;
    }
}
