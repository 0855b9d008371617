package xenolith.toolstack.config;

import xenolith.toolstack.ToolException;

/** A configuration file cannot be used; the message is "file:line:column: sentence". */
public class ConfigException extends ToolException {
    private static final long serialVersionUID = 1L;

    public ConfigException(Position at, String sentence) {
        super(at + ": " + sentence);
    }

    public ConfigException(String sentence) {
        super(sentence);
    }
}
