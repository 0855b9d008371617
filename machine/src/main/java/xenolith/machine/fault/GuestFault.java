package xenolith.machine.fault;

/**
 * An exception of the guest's processor on its way from an operation to the run loop. One object a
 * processor, reused, without a stack trace: throwing it costs no allocation.
 */
public final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** {@link #errorCode} of a vector that has none. */
    public static final int NO_ERROR_CODE = -1;

    /** The vector, 0 to 31 (see {@link xenolith.abi.x86.Vector}). */
    public int vector;

    /** The error code, or {@link #NO_ERROR_CODE}. */
    public int errorCode;

    /** The faulting linear address of a page fault; else 0. */
    public long address;

    /** Whether this is #GP(0) for a non-canonical operand, which is #SS(0) in the stack segment. */
    public boolean nonCanonical;

    /** A fault object for one processor. */
    public GuestFault() {
        super(null, null, false, false);
    }

    /** This fault with the given contents, to be thrown. */
    public GuestFault with(int newVector, int newErrorCode, long newAddress) {
        vector = newVector;
        errorCode = newErrorCode;
        address = newAddress;
        nonCanonical = false;
        return this;
    }

    /** #GP(0) for a non-canonical address of a data operand. */
    public GuestFault nonCanonicalOperand(int newVector) {
        with(newVector, 0, 0);
        nonCanonical = true;
        return this;
    }
}
