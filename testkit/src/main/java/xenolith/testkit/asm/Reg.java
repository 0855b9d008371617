package xenolith.testkit.asm;

/** The general registers, in the order of their numbers. The operand size comes from elsewhere. */
public enum Reg implements Operand {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15;

    @SuppressWarnings("EnumOrdinal") // the order is the manual's
    int number() {
        return ordinal();
    }
}
