package xenolith.machine.alu;

/**
 * The sixteen conditions of Jcc, SETcc and CMOVcc (SDM volume 1, appendix B) as truth tables, so
 * that any of them is evaluated without a branch.
 */
public final class Condition {
    private static final int CF = 1;
    private static final int ZF = 2;
    private static final int SF = 4;
    private static final int OF = 8;
    private static final int PF = 16;

    private Condition() {}

    /** Truth table of condition {@code cc}, 0 to 15: bit n is its value for {@link #index} n. */
    public static int truth(int cc) {
        int table = 0;
        for (int n = 0; n < 32; n++) {
            boolean less = (n & SF) != 0 != ((n & OF) != 0);
            boolean value =
                    switch (cc >>> 1) {
                        case 0 -> (n & OF) != 0;
                        case 1 -> (n & CF) != 0;
                        case 2 -> (n & ZF) != 0;
                        case 3 -> (n & (CF | ZF)) != 0;
                        case 4 -> (n & SF) != 0;
                        case 5 -> (n & PF) != 0;
                        case 6 -> less;
                        default -> less || (n & ZF) != 0;
                    };
            table |= value != ((cc & 1) != 0) ? 1 << n : 0;
        }
        return table;
    }

    /** The five flags that conditions ask for, as an index into a truth table. */
    public static int index(long result, long aux) {
        int zero = (int) ((result | -result) >>> 63 ^ 1) << 1;
        int sign = (int) ((result ^ aux << 63) >>> 61) & SF;
        int overflow = (int) ((aux ^ aux << 1) >>> 60) & OF;
        int parity = (Long.bitCount((result ^ aux >>> 8) & 0xff) & 1 ^ 1) << 4;
        return (int) (aux >>> 63) | zero | sign | overflow | parity;
    }

    /** The value, 0 or 1, of the condition with table {@code truth}. */
    public static int value(int truth, long result, long aux) {
        return truth >>> index(result, aux) & 1;
    }
}
