package xenolith.machine.decode;

/** The bytes are no instruction (#UD), or longer than 15 bytes (#GP). Without a stack trace. */
public final class DecodeException extends Exception {
    private static final long serialVersionUID = 1L;

    /** No such opcode. */
    public static final DecodeException UNDEFINED = new DecodeException();

    /** More than 15 bytes. */
    public static final DecodeException TOO_LONG = new DecodeException();

    private DecodeException() {
        super(null, null, false, false);
    }
}
