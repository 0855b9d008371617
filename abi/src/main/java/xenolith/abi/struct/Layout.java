package xenolith.abi.struct;

/**
 * Lays out a C structure for both ABIs from one list of its fields in header order. A field is
 * aligned to its size, but for 64-bit ones of 32-bit guests, which the i386 ABI aligns to 4 bytes.
 */
public final class Layout {
    private int next64;
    private int next32;
    private int align64 = 1;
    private int align32 = 1;

    /** A structure with no fields yet. */
    public Layout() {}

    /** A field of {@code bytes} (1, 2, 4 or 8) in both layouts. */
    public Field bytes(int bytes) {
        return array(bytes, 1);
    }

    /** {@code count} fields of {@code bytes} each. */
    public Field array(int bytes, int count) {
        return add(bytes, bytes, Math.min(bytes, 4), count);
    }

    /** An {@code unsigned long}, {@code xen_pfn_t}, {@code xen_ulong_t} or pointer. */
    public Field word() {
        return words(1);
    }

    /** {@code count} of {@link #word}. */
    public Field words(int count) {
        return add(8, 4, 4, count);
    }

    /** {@code bytes64} or {@code bytes32} bytes, aligned like words: a structure inside. */
    public Field struct(int bytes64, int bytes32) {
        align(8, 4);
        final Field field = new Field(next64, next32, bytes64, bytes32);
        next64 += bytes64;
        next32 += bytes32;
        return field;
    }

    /** A field of {@code bytes} that only the layout {@code abi} has. */
    public Field only(Abi abi, int bytes) {
        return abi == Abi.BITS64 ? add(bytes, 0, 1, 1) : add(0, bytes, 4, 1);
    }

    /** Ends the structure: the offset of the result is its size. */
    public Field end() {
        align(align64, align32);
        return new Field(next64, next32, 0, 0);
    }

    private Field add(int bytes64, int bytes32, int most32, int count) {
        align(Math.max(bytes64, 1), Math.max(Math.min(bytes32, most32), 1));
        Field field = new Field(next64, next32, bytes64, bytes32);
        next64 += bytes64 * count;
        next32 += bytes32 * count;
        return field;
    }

    private void align(int to64, int to32) {
        align64 = Math.max(align64, to64);
        align32 = Math.max(align32, to32);
        next64 = next64 + to64 - 1 & -to64;
        next32 = next32 + to32 - 1 & -to32;
    }
}
