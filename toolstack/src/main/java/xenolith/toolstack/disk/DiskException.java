package xenolith.toolstack.disk;

import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/** A disk cannot be used as it was asked for; the message is a sentence for the user. */
public final class DiskException extends ToolException {
    private static final long serialVersionUID = 1L;

    public DiskException(String message) {
        super(message);
    }

    public DiskException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
