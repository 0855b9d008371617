package xenolith.machine.alu.simd;

/**
 * PCLMULQDQ (SDM volume 2): products of polynomials over two elements. Ordinary multiplication of
 * operands that have only every fourth bit keeps the sums' carries in the three bits between, where
 * a mask drops them: no column below bit 64 has more than 16 terms.
 */
public final class Carryless {
    private static final long M = 0x1111_1111_1111_1111L;

    private Carryless() {}

    /** The low half of the product. */
    public static long low(long a, long b) {
        long a0 = a & M;
        long a1 = a & M << 1;
        long a2 = a & M << 2;
        long a3 = a & M << 3;
        long b0 = b & M;
        long b1 = b & M << 1;
        long b2 = b & M << 2;
        long b3 = b & M << 3;
        return (a0 * b0 ^ a1 * b3 ^ a2 * b2 ^ a3 * b1) & M
                | (a0 * b1 ^ a1 * b0 ^ a2 * b3 ^ a3 * b2) & M << 1
                | (a0 * b2 ^ a1 * b1 ^ a2 * b0 ^ a3 * b3) & M << 2
                | (a0 * b3 ^ a1 * b2 ^ a2 * b1 ^ a3 * b0) & M << 3;
    }

    /** The high half of the product, whose top bit is always 0. */
    public static long high(long a, long b) {
        return Long.reverse(low(Long.reverse(a), Long.reverse(b))) >>> 1;
    }
}
