package xenolith.toolstack.text;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.BitSet;

/** Pieces of xl's tables. */
final class Texts {
    private Texts() {}

    /** {@code nanos} as seconds with one decimal. */
    static BigDecimal seconds(long nanos) {
        return BigDecimal.valueOf(nanos, 9).setScale(1, RoundingMode.HALF_EVEN);
    }

    /**
     * CPUs as ranges: "all" if the map has all, from the first on; "none"; else such as "0-2,5".
     *
     * @param size CPUs there are
     */
    static String ranges(BitSet cpus, int size) {
        StringBuilder text = new StringBuilder();
        for (int from = cpus.nextSetBit(0); from >= 0 && from < size; ) {
            int end = Math.min(cpus.nextClearBit(from), size);
            if (from == 0 && end == size) {
                return "all";
            }
            text.append(text.isEmpty() ? "" : ",").append(from);
            if (end - 1 > from) {
                text.append('-').append(end - 1);
            }
            from = cpus.nextSetBit(end);
        }
        return text.isEmpty() ? "none" : text.toString();
    }
}
