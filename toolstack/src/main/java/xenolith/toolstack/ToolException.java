package xenolith.toolstack;

import org.jspecify.annotations.Nullable;

/**
 * A user's mistake, or something missing on the user's machine. The message is a whole sentence for
 * the user: what, where, what to do.
 */
public class ToolException extends Exception {
    private static final long serialVersionUID = 1L;

    public ToolException(String message) {
        super(message);
    }

    public ToolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
