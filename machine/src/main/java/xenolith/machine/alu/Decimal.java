package xenolith.machine.alu;

import xenolith.abi.x86.Rflags;

/**
 * Decimal adjustment (SDM volume 2). Each takes AX with CF and AF and returns AX with the new CF
 * and AF, the flags at their places of RFLAGS plus 16.
 */
public final class Decimal {
    /** How far the flags of a result lie above their places in RFLAGS. */
    public static final int FLAGS = 16;

    private static final int CARRY = Rflags.CF << FLAGS;
    private static final int ADJUST = Rflags.AF << FLAGS;

    private Decimal() {}

    /** DAA. */
    public static int daa(int ax, boolean carry, boolean adjust) {
        int al = ax & 0xff;
        int flags = 0;
        int sum = al;
        if ((al & 15) > 9 || adjust) {
            sum += 6;
            flags |= ADJUST;
        }
        if (al > 0x99 || carry) {
            sum += 0x60;
            flags |= CARRY;
        }
        return ax & 0xff00 | sum & 0xff | flags;
    }

    /** DAS. */
    public static int das(int ax, boolean carry, boolean adjust) {
        int al = ax & 0xff;
        int flags = 0;
        int difference = al;
        if ((al & 15) > 9 || adjust) {
            difference -= 6;
            flags |= ADJUST | (carry || al < 6 ? CARRY : 0);
        }
        if (al > 0x99 || carry) {
            difference -= 0x60;
            flags |= CARRY;
        }
        return ax & 0xff00 | difference & 0xff | flags;
    }

    /** AAA. */
    public static int aaa(int ax, boolean adjust) {
        return (ax & 15) > 9 || adjust ? ax + 0x106 & 0xff0f | CARRY | ADJUST : ax & 0xff0f;
    }

    /** AAS. */
    public static int aas(int ax, boolean adjust) {
        return (ax & 15) > 9 || adjust ? ax - 0x106 & 0xff0f | CARRY | ADJUST : ax & 0xff0f;
    }
}
