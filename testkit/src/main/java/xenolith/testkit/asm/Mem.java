package xenolith.testkit.asm;

import org.jspecify.annotations.Nullable;

/**
 * A memory operand: base, index times scale, displacement; or, by label, relative to RIP, in 32-bit
 * code absolute.
 *
 * @param base null for none
 * @param index null for none; not RSP
 * @param scale 1, 2, 4 or 8
 * @param label what the operand is at, to which {@code displacement} is added
 */
public record Mem(
        @Nullable Reg base,
        @Nullable Reg index,
        int scale,
        long displacement,
        @Nullable String label)
        implements Operand {
    /** {@code [base]}. */
    public static Mem at(Reg base) {
        return at(base, 0);
    }

    /** {@code [base + displacement]}. */
    public static Mem at(Reg base, long displacement) {
        return new Mem(base, null, 1, displacement, null);
    }

    /** {@code [base + index * scale + displacement]}. */
    public static Mem at(Reg base, Reg index, int scale, long displacement) {
        return new Mem(base, index, scale, displacement, null);
    }

    /** {@code [rip + label]}. */
    public static Mem at(String label) {
        return at(label, 0);
    }

    /** {@code [rip + label + displacement]}. */
    public static Mem at(String label, long displacement) {
        return new Mem(null, null, 1, displacement, label);
    }

    /** An absolute address, within the lowest or highest 2 GiB. */
    public static Mem absolute(long address) {
        return new Mem(null, null, 1, address, null);
    }
}
