package xenolith.toolstack.config;

/** The file describes a kind of guest that Xenolith does not run yet, such as HVM. */
public final class UnsupportedGuestException extends ConfigException {
    private static final long serialVersionUID = 1L;

    public UnsupportedGuestException(Position at, String sentence) {
        super(at, sentence);
    }
}
