package xenolith.machine.interpret;

/**
 * Guest code as one class of the JVM: several blocks in one method, made by the translator from the
 * blocks of the interpreter, and invalid as soon as one of them is.
 */
public abstract class Translation {
    /** Whether its bytes are still those in memory. */
    protected boolean valid = true;

    /** Whether the code may still be run. */
    public final boolean valid() {
        return valid;
    }

    /**
     * The bytes of one of its blocks have changed, or it is to go: it stops before its next
     * instruction.
     */
    public final void invalidate() {
        valid = false;
    }
}
