package xenolith.toolstack.netback;

/**
 * A guest put something into a ring after which the ring cannot be understood: the card is switched
 * off, as Linux' back end does. The message says what.
 */
final class RingException extends Exception {
    private static final long serialVersionUID = 1L;

    RingException(String message) {
        super(message);
    }
}
