package xenolith.machine.alu.simd;

/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM: comparison of two strings of bytes or words in 16
 * bytes (SDM volume 2, "Imm8 control byte operation for PCMPESTRI / PCMPESTRM / PCMPISTRI /
 * PCMPISTRM").
 */
public final class StringCompare {
    private StringCompare() {}

    /** Number of elements: 16 bytes, or 8 words. */
    public static int elements(int control) {
        return (control & 1) == 0 ? 16 : 8;
    }

    /** Element {@code i} as the control byte says: byte or word, signed or not. */
    private static int element(long low, long high, int i, int control) {
        long word = (control & 1) == 0 ? (i < 8 ? low : high) : i < 4 ? low : high;
        return switch (control & 3) {
            case 0 -> (int) (word >>> 8 * (i & 7)) & 0xff;
            case 1 -> (int) (word >>> 16 * (i & 3)) & 0xffff;
            case 2 -> (byte) (word >>> 8 * (i & 7));
            default -> (short) (word >>> 16 * (i & 3));
        };
    }

    /** Elements before the first zero. */
    public static int implicitLength(long low, long high, int control) {
        int n = elements(control);
        int i = 0;
        while (i < n && element(low, high, i, control) != 0) {
            i++;
        }
        return i;
    }

    /** Length from EAX or EDX: its magnitude, at most the number of elements. */
    public static int explicitLength(long length, int control) {
        int n = elements(control);
        return length >= n || length <= -n ? n : (int) Math.abs(length);
    }

    /**
     * The result before it becomes index or mask (IntRes2), one bit an element: {@code a} is the
     * first operand, {@code b} the second, with their valid lengths.
     */
    public static int compare(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int control) {
        int n = elements(control);
        int result = 0;
        for (int j = 0; j < n; j++) {
            boolean bit =
                    switch (control >>> 2 & 3) {
                        case 0 -> j < bLength && any(aLow, aHigh, aLength, bLow, bHigh, j, control);
                        case 1 ->
                                j < bLength
                                        && inRange(aLow, aHigh, aLength, bLow, bHigh, j, control);
                        case 2 -> same(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
                        default -> ordered(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
                    };
            result |= bit ? 1 << j : 0;
        }
        return switch (control >>> 4 & 3) {
            case 1 -> ~result & (1 << n) - 1;
            case 3 -> result ^ (1 << bLength) - 1;
            default -> result;
        };
    }

    private static boolean any(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int j, int control) {
        int x = element(bLow, bHigh, j, control);
        for (int i = 0; i < aLength; i++) {
            if (element(aLow, aHigh, i, control) == x) {
                return true;
            }
        }
        return false;
    }

    private static boolean inRange(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int j, int control) {
        int x = element(bLow, bHigh, j, control);
        for (int i = 0; i + 1 < aLength; i += 2) {
            if (element(aLow, aHigh, i, control) <= x
                    && x <= element(aLow, aHigh, i + 1, control)) {
                return true;
            }
        }
        return false;
    }

    private static boolean same(
            long aLow,
            long aHigh,
            int aLength,
            long bLow,
            long bHigh,
            int bLength,
            int j,
            int control) {
        if (j >= aLength || j >= bLength) {
            return j >= aLength && j >= bLength;
        }
        return element(aLow, aHigh, j, control) == element(bLow, bHigh, j, control);
    }

    private static boolean ordered(
            long aLow,
            long aHigh,
            int aLength,
            long bLow,
            long bHigh,
            int bLength,
            int j,
            int control) {
        int n = elements(control);
        for (int i = 0; i < aLength && i + j < n; i++) {
            if (i + j >= bLength
                    || element(aLow, aHigh, i, control) != element(bLow, bHigh, i + j, control)) {
                return false;
            }
        }
        return true;
    }

    /** The index for ECX: of the lowest or highest bit set, or the number of elements. */
    public static int index(int result, int control) {
        if (result == 0) {
            return elements(control);
        }
        return (control & 0x40) == 0
                ? Integer.numberOfTrailingZeros(result)
                : 31 - Integer.numberOfLeadingZeros(result);
    }

    /** Low half ({@code half} 0) or high half (1) of the mask for XMM0. */
    public static long mask(int result, int control, int half) {
        if ((control & 0x40) == 0) {
            return half == 0 ? result : 0;
        }
        boolean bytes = (control & 1) == 0;
        int perHalf = bytes ? 8 : 4;
        int width = bytes ? 8 : 16;
        long mask = 0;
        for (int i = 0; i < perHalf; i++) {
            long bit = (long) result >>> half * perHalf + i & 1;
            mask |= (bit << width) - bit << width * i;
        }
        return mask;
    }
}
