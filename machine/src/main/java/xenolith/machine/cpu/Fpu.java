package xenolith.machine.cpu;

/**
 * Registers of x87 and MMX. The eight registers are kept by physical number, not by stack place.
 */
public final class Fpu {
    /** Significands with explicit integer bit; the MMX registers. Indexed by physical register. */
    public final long[] significand = new long[8];

    /** Sign in bit 15, biased exponent in bits 0 to 14. */
    public final int[] signExponent = new int[8];

    /** Bit n set: physical register n is empty (the tag word's 11). */
    public int empty = 0xff;

    public int control = 0x37f;

    /** The status word without TOP. */
    public int status;

    /** TOP, 0 to 7: physical number of ST(0). */
    public int top;

    /** Last x87 instruction's opcode (11 bits), address and operand address. */
    public int lastOpcode;

    public long lastInstruction;
    public long lastOperand;

    Fpu() {}

    /** FNINIT's state (SDM volume 1, 8.1.5). */
    public void init() {
        empty = 0xff;
        control = 0x37f;
        status = 0;
        top = 0;
        lastOpcode = 0;
        lastInstruction = 0;
        lastOperand = 0;
    }

    /** Copies all state from {@code other}. */
    public void copyFrom(Fpu other) {
        System.arraycopy(other.significand, 0, significand, 0, 8);
        System.arraycopy(other.signExponent, 0, signExponent, 0, 8);
        empty = other.empty;
        control = other.control;
        status = other.status;
        top = other.top;
        lastOpcode = other.lastOpcode;
        lastInstruction = other.lastInstruction;
        lastOperand = other.lastOperand;
    }
}
