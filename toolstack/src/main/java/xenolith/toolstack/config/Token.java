package xenolith.toolstack.config;

/**
 * A piece of a configuration file.
 *
 * @param text of a name its letters, of a string its meaning, of a number its digits
 */
record Token(Kind kind, String text, Position at) {
    enum Kind {
        NAME("a name"),
        TEXT("a string"),
        NUMBER("a number"),
        ASSIGN("'='"),
        APPEND("'+='"),
        OPEN("'['"),
        CLOSE("']'"),
        COMMA("','"),
        SEPARATOR("the end of the line"),
        END("the end of the file");

        final String words;

        Kind(String words) {
            this.words = words;
        }
    }
}
