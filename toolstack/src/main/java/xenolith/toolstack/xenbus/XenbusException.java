package xenolith.toolstack.xenbus;

/** What a front end published cannot be used; the message says what and where. */
public final class XenbusException extends Exception {
    private static final long serialVersionUID = 1L;

    public XenbusException(String message) {
        super(message);
    }
}
