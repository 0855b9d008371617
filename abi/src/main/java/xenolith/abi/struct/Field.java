package xenolith.abi.struct;

/**
 * A field of a public structure in both layouts, or its end: then the offset is the structure's
 * size.
 */
public final class Field {
    private final int offset64;
    private final int offset32;
    private final int size64;
    private final int size32;

    Field(int offset64, int offset32, int size64, int size32) {
        this.offset64 = offset64;
        this.offset32 = offset32;
        this.size64 = size64;
        this.size32 = size32;
    }

    /** Offset in bytes from the start of the structure. */
    public int at(Abi abi) {
        return abi == Abi.BITS64 ? offset64 : offset32;
    }

    /** Offset of element {@code i} of an array. */
    public int at(Abi abi, int i) {
        return at(abi) + i * size(abi);
    }

    /** Bytes of the field, of one element if it is an array: 1, 2, 4 or 8. */
    public int size(Abi abi) {
        return abi == Abi.BITS64 ? size64 : size32;
    }
}
