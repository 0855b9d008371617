package xenolith.toolstack.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import xenolith.toolstack.config.ConfigFile.Setting;

/** The grammar of xl.cfg over tokens. */
final class Parser {
    private static final int DEEPEST_LIST = 100;

    private final Lexer lexer;
    private Token token;

    Parser(Lexer lexer) throws ConfigException {
        this.lexer = lexer;
        this.token = lexer.next();
    }

    Map<String, Setting> file() throws ConfigException {
        Map<String, Setting> settings = new LinkedHashMap<>();
        while (token.kind() != Token.Kind.END) {
            if (token.kind() == Token.Kind.SEPARATOR) {
                take();
            } else {
                setting(settings);
            }
        }
        return settings;
    }

    private Token take() throws ConfigException {
        Token taken = token;
        token = lexer.next();
        return taken;
    }

    private void setting(Map<String, Setting> settings) throws ConfigException {
        if (token.kind() != Token.Kind.NAME) {
            throw expected("the name of a setting");
        }
        Token name = take();
        boolean append = token.kind() == Token.Kind.APPEND;
        if (!append && token.kind() != Token.Kind.ASSIGN) {
            throw expected("'=' or '+=' after " + name.text());
        }
        take();
        Value value = value(0);
        if (token.kind() != Token.Kind.SEPARATOR && token.kind() != Token.Kind.END) {
            throw expected("the end of the line or ';' after the value of " + name.text());
        }
        Setting before = settings.get(name.text());
        if (append && before != null) {
            value = appended(name, before.value(), value);
        }
        settings.put(name.text(), new Setting(name.at(), name.text(), value));
    }

    private static Value appended(Token name, Value before, Value value) throws ConfigException {
        return switch (value) {
            case Value.Elements more when before instanceof Value.Elements list -> {
                List<Value> all = new ArrayList<>(list.elements());
                all.addAll(more.elements());
                yield new Value.Elements(more.at(), all);
            }
            case Value.Text more when before instanceof Value.Text text ->
                    new Value.Text(more.at(), text.text() + more.text());
            default ->
                    throw new ConfigException(
                            name.at(),
                            "+= can add a list to a list or a string to a string; the value of "
                                    + name.text()
                                    + " at line "
                                    + before.at().line()
                                    + " is of another kind.");
        };
    }

    private Value value(int depth) throws ConfigException {
        return switch (token.kind()) {
            case TEXT -> {
                Token text = take();
                yield new Value.Text(text.at(), text.text());
            }
            case NUMBER -> {
                Token number = take();
                yield new Value.Numeral(number.at(), number.text());
            }
            case OPEN -> list(depth);
            default ->
                    throw expected("a value: a string in quotes, a number, or a list in brackets");
        };
    }

    private Value list(int depth) throws ConfigException {
        Position at = take().at();
        if (depth == DEEPEST_LIST) {
            throw new ConfigException(
                    at, "lists are nested more than " + DEEPEST_LIST + " levels deep.");
        }
        List<Value> elements = new ArrayList<>();
        skipNewlines();
        while (token.kind() != Token.Kind.CLOSE) {
            elements.add(value(depth + 1));
            skipNewlines();
            if (token.kind() == Token.Kind.COMMA) {
                take();
                skipNewlines();
            } else if (token.kind() != Token.Kind.CLOSE) {
                throw expected("',' or ']' in the list that starts at line " + at.line());
            }
        }
        take();
        return new Value.Elements(at, elements);
    }

    private void skipNewlines() throws ConfigException {
        while (token.kind() == Token.Kind.SEPARATOR) {
            take();
        }
    }

    private ConfigException expected(String what) {
        String found =
                switch (token.kind()) {
                    case NAME -> "'" + token.text() + "'";
                    case NUMBER -> token.text();
                    default -> token.kind().words;
                };
        return new ConfigException(token.at(), "expected " + what + ", found " + found + ".");
    }
}
