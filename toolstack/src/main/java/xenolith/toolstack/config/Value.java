package xenolith.toolstack.config;

import java.util.List;

/** A value of a configuration file, with the place where it starts. */
public sealed interface Value {
    Position at();

    /** A quoted string, escapes resolved. */
    record Text(Position at, String text) implements Value {}

    /** A number as it is written: decimal, 0x hexadecimal or 0 octal, perhaps with a minus sign. */
    record Numeral(Position at, String digits) implements Value {}

    /** A list in brackets; its elements may be lists. */
    record Elements(Position at, List<Value> elements) implements Value {
        public Elements {
            elements = List.copyOf(elements);
        }
    }
}
