package xenolith.machine.cpu;

/** A segment register: selector and cached descriptor. Its base is one of the {@link Registers}. */
public final class Segment {
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;

    public int selector;

    /** Last valid offset in bytes, already scaled by the granularity bit; 32 bits, unsigned. */
    public long limit;

    /** Access byte (type, S, DPL, P) in bits 0 to 7; AVL, L, D/B, G in bits 12 to 15. */
    public int attributes;

    /** Whether the descriptor is usable: false after loading a null selector. */
    public boolean usable;

    Segment() {}

    /** D/B: 32-bit default size. */
    public boolean big() {
        return (attributes & 1 << 14) != 0;
    }

    /** L: 64-bit code. */
    public boolean longMode() {
        return (attributes & 1 << 13) != 0;
    }

    /** Copies all but the base from {@code other}. */
    public void copyFrom(Segment other) {
        selector = other.selector;
        limit = other.limit;
        attributes = other.attributes;
        usable = other.usable;
    }
}
