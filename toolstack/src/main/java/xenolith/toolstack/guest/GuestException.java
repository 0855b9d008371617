package xenolith.toolstack.guest;

import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/** A guest cannot be got; the message says what is missing and what else can be done. */
public final class GuestException extends ToolException {
    private static final long serialVersionUID = 1L;

    public GuestException(String sentence) {
        super(sentence);
    }

    public GuestException(String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
    }
}
