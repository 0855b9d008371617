package xenolith.toolstack.build;

import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/** A domain cannot be built from what it was given; the message says why and what to do. */
public final class BuildException extends ToolException {
    private static final long serialVersionUID = 1L;

    public BuildException(String sentence) {
        super(sentence);
    }

    public BuildException(String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
    }
}
