package xenolith.abi.struct;

/** How a guest lays out the public structures: by the width of its {@code unsigned long}. */
public enum Abi {
    /** 64-bit guests: words and pointers of 8 bytes. */
    BITS64(8),

    /** 32-bit guests: words and pointers of 4 bytes, and 64-bit fields aligned to 4 bytes. */
    BITS32(4);

    private final int word;

    Abi(int word) {
        this.word = word;
    }

    /** Bytes of an {@code unsigned long} or a pointer. */
    public int word() {
        return word;
    }
}
