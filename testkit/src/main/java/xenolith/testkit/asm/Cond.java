package xenolith.testkit.asm;

/** Conditions, in the order of their codes (SDM volume 1, appendix B). */
public enum Cond {
    O,
    NO,
    B,
    AE,
    E,
    NE,
    BE,
    A,
    S,
    NS,
    P,
    NP,
    L,
    GE,
    LE,
    G;

    @SuppressWarnings("EnumOrdinal") // the order is the manual's
    int code() {
        return ordinal();
    }
}
