package xenolith.hypervisor.control;

/** A tool's request was refused: the message is a sentence for the user. */
public final class ControlException extends Exception {
    private static final long serialVersionUID = 1L;

    public ControlException(String message) {
        super(message);
    }
}
