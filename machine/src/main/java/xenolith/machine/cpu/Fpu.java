package xenolith.machine.cpu;

import xenolith.machine.alu.x87.Extended80;

/**
 * Registers of x87 and MMX. The eight registers are kept by physical number, not by stack place.
 */
public final class Fpu {
    /** Bits of {@link #control} that exist; bit 6 is always 1. */
    private static final int CONTROL_BITS = 0x1f3f;

    private static final int CONTROL_FIXED = 0x40;
    private static final int EXCEPTIONS = 0x3f;

    /** The status word's exceptions, SF and condition codes: what {@link #status} holds. */
    private static final int STATUS_BITS = 0x477f;

    /** Exception summary and busy: set while an unmasked exception is pending. */
    private static final int ES_AND_BUSY = 0x8080;

    /** Significands with explicit integer bit; the MMX registers. Indexed by physical register. */
    public final long[] significand = new long[8];

    /** Sign in bit 15, biased exponent in bits 0 to 14. */
    public final int[] signExponent = new int[8];

    /** Bit n set: physical register n is empty (the tag word's 11). */
    public int empty = 0xff;

    public int control = 0x37f;

    /** The status word without TOP, ES and B: see {@link #statusWord}. */
    public int status;

    /** TOP, 0 to 7: physical number of ST(0). */
    public int top;

    /** Last x87 instruction's opcode (11 bits), address and operand address. */
    public int lastOpcode;

    public long lastInstruction;
    public long lastOperand;

    /** Selectors that go with {@link #lastInstruction} and {@link #lastOperand}. */
    public int lastCodeSelector;

    public int lastDataSelector;

    /** Outcome of the operation at work; nothing in it lasts. */
    public final Extended80 result = new Extended80();

    Fpu() {}

    /** FNINIT's state (SDM volume 1, 8.1.5). */
    public void init() {
        empty = 0xff;
        control = 0x37f;
        status = 0;
        top = 0;
        clearPointers();
    }

    /** Clears the last instruction's opcode and pointers. */
    public void clearPointers() {
        lastOpcode = 0;
        lastInstruction = 0;
        lastOperand = 0;
        lastCodeSelector = 0;
        lastDataSelector = 0;
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
        lastCodeSelector = other.lastCodeSelector;
        lastDataSelector = other.lastDataSelector;
    }

    // ---- the stack ---------------------------------------------------------------------------

    /** Physical number of ST({@code i}). */
    public int physical(int i) {
        return top + i & 7;
    }

    /** Sign and exponent of ST({@code i}). */
    public int signExponent(int i) {
        return signExponent[top + i & 7];
    }

    /** Significand of ST({@code i}). */
    public long significand(int i) {
        return significand[top + i & 7];
    }

    /** Whether ST({@code i}) is empty; ST(-1) is the register that a push will fill. */
    public boolean isEmpty(int i) {
        return (empty >>> (top + i & 7) & 1) != 0;
    }

    /** Sets ST({@code i}), which is no longer empty. */
    public void set(int i, int se, long sig) {
        int n = top + i & 7;
        signExponent[n] = se;
        significand[n] = sig;
        empty &= ~(1 << n);
    }

    /** Pushes a number without looking at what it overwrites. */
    public void push(int se, long sig) {
        top = top - 1 & 7;
        set(0, se, sig);
    }

    /** Marks ST(0) empty and increments TOP. */
    public void pop() {
        empty |= 1 << top;
        top = top + 1 & 7;
    }

    // ---- control, status and tag words -------------------------------------------------------

    /**
     * Notes {@code exceptions} (status word bits, SF and C1 among them) of one instruction; C1 is
     * cleared unless given. Returns whether the instruction must not be performed: an exception
     * that is found before the operation is unmasked.
     */
    public boolean raise(int exceptions) {
        int unmasked = exceptions & ~control & EXCEPTIONS;
        if ((unmasked & Extended80.BEFORE) != 0) {
            int before = Extended80.BEFORE | Extended80.SF;
            if ((exceptions & Extended80.SF) != 0) {
                before |= Extended80.C1;
            }
            status = status & ~Extended80.C1 | exceptions & before;
            return true;
        }
        status = status & ~Extended80.C1 | exceptions;
        return false;
    }

    /** Sets the condition codes C0, C1, C2, C3 to those in {@code codes}. */
    public void conditions(int codes) {
        int all = Extended80.C0 | Extended80.C1 | Extended80.C2 | Extended80.C3;
        status = status & ~all | codes;
    }

    /** Whether an unmasked exception is pending (ES). */
    public boolean pending() {
        return (status & ~control & EXCEPTIONS) != 0;
    }

    /** The status word as FNSTSW stores it. */
    public int statusWord() {
        return status | top << 11 | (pending() ? ES_AND_BUSY : 0);
    }

    /** Sets status and TOP; ES and B follow from the exceptions and their masks. */
    public void setStatusWord(int value) {
        status = value & STATUS_BITS;
        top = value >>> 11 & 7;
    }

    /** Sets the control word; bits that do not exist keep their fixed values. */
    public void setControl(int value) {
        control = value & CONTROL_BITS | CONTROL_FIXED;
    }

    /** The full tag word: valid 0, zero 1, special 2, empty 3, two bits a physical register. */
    public int tagWord() {
        int word = 0;
        for (int n = 0; n < 8; n++) {
            word |= tag(n) << 2 * n;
        }
        return word;
    }

    private int tag(int n) {
        if ((empty >>> n & 1) != 0) {
            return 3;
        }
        int exponent = signExponent[n] & Extended80.MAX_EXPONENT;
        if (exponent == 0 && significand[n] == 0) {
            return 1;
        }
        return exponent == 0 || exponent == Extended80.MAX_EXPONENT || significand[n] >= 0 ? 2 : 0;
    }

    /** Sets which registers are empty from a full tag word. */
    public void setTagWord(int word) {
        empty = 0;
        for (int n = 0; n < 8; n++) {
            if ((word >>> 2 * n & 3) == 3) {
                empty |= 1 << n;
            }
        }
    }
}
