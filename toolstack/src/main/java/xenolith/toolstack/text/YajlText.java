package xenolith.toolstack.text;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;

/**
 * JSON as xl prints it (by the library yajl): indented by four, an empty line in an empty object.
 */
public final class YajlText {
    private static final String INDENT = "    ";

    private YajlText() {}

    /**
     * {@code value}, ended by a line feed.
     *
     * @param value a map with text as keys, a collection, text, or a number; libxl writes truth as
     *     the words "True" and "False", and so does this
     */
    public static String of(Object value) {
        StringBuilder text = new StringBuilder();
        write(value, "", text);
        return text.append('\n').toString();
    }

    private static void write(Object value, String indent, StringBuilder text) {
        switch (value) {
            case Map<?, ?> map -> {
                text.append("{\n");
                String before = "";
                for (Map.Entry<?, ?> e : map.entrySet()) {
                    text.append(before).append(indent).append(INDENT);
                    quote(String.valueOf(e.getKey()), text);
                    text.append(": ");
                    write(e.getValue(), indent + INDENT, text);
                    before = ",\n";
                }
                text.append('\n').append(indent).append('}');
            }
            case Collection<?> list -> {
                text.append("[\n");
                String before = "";
                for (Object element : list) {
                    text.append(before).append(indent).append(INDENT);
                    write(element, indent + INDENT, text);
                    before = ",\n";
                }
                text.append('\n').append(indent).append(']');
            }
            case Number number -> text.append(number);
            case Boolean truth -> text.append(truth ? "\"True\"" : "\"False\"");
            default -> quote(value.toString(), text);
        }
    }

    private static void quote(String word, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            switch (c) {
                case '"' -> text.append("\\\"");
                case '\\' -> text.append("\\\\");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                default -> {
                    if (c < ' ') {
                        text.append(String.format(Locale.ROOT, "\\u%04X", (int) c));
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }
}
