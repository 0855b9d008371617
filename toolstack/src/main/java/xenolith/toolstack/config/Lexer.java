package xenolith.toolstack.config;

/** Cuts a configuration file into tokens: comments and blanks vanish, newlines do not. */
final class Lexer {
    private final String file;
    private final String source;
    private int at;
    private int line = 1;
    private int lineStart;

    Lexer(String file, String source) {
        this.file = file;
        this.source = source;
    }

    Token next() throws ConfigException {
        skipBlanks();
        Position here = position();
        if (at >= source.length()) {
            return new Token(Token.Kind.END, "", here);
        }
        char c = source.charAt(at);
        return switch (c) {
            case '\n' -> newline(here);
            case ';' -> single(Token.Kind.SEPARATOR, here);
            case '=' -> single(Token.Kind.ASSIGN, here);
            case '[' -> single(Token.Kind.OPEN, here);
            case ']' -> single(Token.Kind.CLOSE, here);
            case ',' -> single(Token.Kind.COMMA, here);
            case '+' -> append(here);
            case '"', '\'' -> new Token(Token.Kind.TEXT, string(c, here), here);
            default -> word(c, here);
        };
    }

    private Position position() {
        return new Position(file, line, at - lineStart + 1);
    }

    private void skipBlanks() {
        while (at < source.length()) {
            char c = source.charAt(at);
            if (c == '#') {
                int end = source.indexOf('\n', at);
                at = end < 0 ? source.length() : end;
            } else if (c == '\\' && at + 1 < source.length() && source.charAt(at + 1) == '\n') {
                at += 2;
                startLine();
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\uFEFF') {
                at++;
            } else {
                return;
            }
        }
    }

    private void startLine() {
        line++;
        lineStart = at;
    }

    private Token newline(Position here) {
        at++;
        startLine();
        return new Token(Token.Kind.SEPARATOR, "", here);
    }

    private Token single(Token.Kind kind, Position here) {
        at++;
        return new Token(kind, "", here);
    }

    private Token append(Position here) throws ConfigException {
        if (!source.startsWith("+=", at)) {
            throw new ConfigException(here, "'+' must be followed by '='.");
        }
        at += 2;
        return new Token(Token.Kind.APPEND, "", here);
    }

    private Token word(char first, Position here) throws ConfigException {
        int start = at;
        if (first == '-') {
            at++;
        }
        while (at < source.length() && isWord(source.charAt(at))) {
            at++;
        }
        String text = source.substring(start, at);
        if (isNumber(text)) {
            return new Token(Token.Kind.NUMBER, text, here);
        }
        if (!text.isEmpty() && first != '-' && !Character.isDigit(first)) {
            return new Token(Token.Kind.NAME, text, here);
        }
        if (text.length() > 1) {
            throw new ConfigException(here, "'" + text + "' is neither a number nor a name.");
        }
        throw new ConfigException(here, "the character '" + first + "' has no meaning here.");
    }

    private static boolean isWord(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
    }

    private static boolean isNumber(String text) {
        String digits = text.startsWith("-") ? text.substring(1) : text;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            return digits.length() > 2 && all(digits.substring(2), "0123456789abcdefABCDEF");
        }
        if (digits.length() > 1 && digits.startsWith("0")) {
            return all(digits, "01234567");
        }
        return !digits.isEmpty() && all(digits, "0123456789");
    }

    private static boolean all(String text, String allowed) {
        return text.chars().allMatch(c -> allowed.indexOf(c) >= 0);
    }

    private String string(char quote, Position start) throws ConfigException {
        StringBuilder out = new StringBuilder();
        at++;
        while (true) {
            if (at >= source.length() || source.charAt(at) == '\n') {
                throw new ConfigException(
                        start, "this string has no closing " + quote + " on its line.");
            }
            char c = source.charAt(at++);
            if (c == quote) {
                return out.toString();
            }
            out.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() throws ConfigException {
        Position here = new Position(file, line, at - lineStart);
        char c = at < source.length() ? source.charAt(at++) : '\n';
        return switch (c) {
            case 'a' -> '\u0007';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'v' -> '\u000b';
            case '\\', '\'', '"', '?' -> c;
            case 'x' -> code(16, 2, here);
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                at--;
                yield code(8, 3, here);
            }
            default ->
                    throw new ConfigException(
                            here,
                            c == '\n'
                                    ? "this string has no closing quote on its line."
                                    : "'\\" + c + "' is not an escape sequence.");
        };
    }

    private char code(int radix, int most, Position here) throws ConfigException {
        int value = 0;
        int digits = 0;
        while (digits < most && at < source.length()) {
            int digit = Character.digit(source.charAt(at), radix);
            if (digit < 0) {
                break;
            }
            value = value * radix + digit;
            at++;
            digits++;
        }
        if (digits == 0 || value > 255) {
            throw new ConfigException(here, "this escape sequence names no byte from 0 to 255.");
        }
        return (char) value;
    }
}
