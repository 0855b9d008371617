package xenolith.machine.alu;

/** Division of a double-width dividend (SDM volume 2, DIV and IDIV). */
public final class Divide {
    private Divide() {}

    /** Whether the unsigned quotient of {@code high:low} by {@code divisor} fits in 64 bits. */
    public static boolean fitsUnsigned(long high, long divisor) {
        return Long.compareUnsigned(high, divisor) < 0;
    }

    /** The unsigned quotient; {@link #fitsUnsigned} must hold. */
    public static long quotientUnsigned(long high, long low, long divisor) {
        if (high == 0) {
            return Long.divideUnsigned(low, divisor);
        }
        // Schoolbook division with two 32-bit digits of a divisor whose top bit is set.
        int s = Long.numberOfLeadingZeros(divisor);
        long d = divisor << s;
        long top = s == 0 ? high : high << s | low >>> 64 - s;
        long rest = low << s;
        long q1 = digit(top, rest >>> 32, d);
        long middle = (top << 32 | rest >>> 32) - q1 * d;
        long q0 = digit(middle, rest & 0xffff_ffffL, d);
        return q1 << 32 | q0;
    }

    /** One 32-bit digit of ({@code top} times 2^32 plus {@code next}) by {@code d}. */
    private static long digit(long top, long next, long d) {
        long dHigh = d >>> 32;
        long dLow = d & 0xffff_ffffL;
        long q = Long.divideUnsigned(top, dHigh);
        long r = top - q * dHigh;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * dLow, r << 32 | next) > 0) {
            q--;
            r += dHigh;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /**
     * Whether the signed quotient of {@code high:low} by {@code divisor} (not 0) fits in 64 bits.
     */
    public static boolean fitsSigned(long high, long low, long divisor) {
        boolean negative = high < 0;
        long h = negative ? ~high + (low == 0 ? 1 : 0) : high;
        long l = negative ? -low : low;
        long d = Math.abs(divisor);
        if (!fitsUnsigned(h, d)) {
            return false;
        }
        long q = quotientUnsigned(h, l, d);
        boolean negativeQuotient = negative != divisor < 0;
        return q >= 0 || negativeQuotient && q == Long.MIN_VALUE;
    }

    /** The signed quotient; {@link #fitsSigned} must hold. */
    public static long quotientSigned(long high, long low, long divisor) {
        boolean negative = high < 0;
        long h = negative ? ~high + (low == 0 ? 1 : 0) : high;
        long l = negative ? -low : low;
        long q = quotientUnsigned(h, l, Math.abs(divisor));
        return negative != divisor < 0 ? -q : q;
    }
}
