package xenolith.toolstack.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The grammar of xl.cfg, good and bad. */
class ConfigFileTest {
    private static Value value(String source, String key) throws ConfigException {
        return setting(ConfigFile.parse("a.cfg", source), key).value();
    }

    private static ConfigFile.Setting setting(ConfigFile file, String key) {
        return Objects.requireNonNull(file.settings().get(key));
    }

    private static String text(String source) throws ConfigException {
        return ((Value.Text) value("a=" + source, "a")).text();
    }

    private static Object plain(Value v) {
        return switch (v) {
            case Value.Text t -> t.text();
            case Value.Numeral n -> Long.decode(n.digits());
            case Value.Elements l -> l.elements().stream().map(ConfigFileTest::plain).toList();
        };
    }

    @Test
    void stringsHaveBothQuotesAndEscapes() throws ConfigException {
        assertThat(text("'a \"b\" # c'")).isEqualTo("a \"b\" # c");
        assertThat(text("\"it's\"")).isEqualTo("it's");
        assertThat(text("'\\n\\t\\\\\\'\\x41\\101\\7'")).isEqualTo("\n\t\\'AA\u0007");
        assertThat(text("''")).isEmpty();
    }

    @Test
    void numbersAreDecimalHexadecimalOrOctal() throws ConfigException {
        assertThat(plain(value("a=128", "a"))).isEqualTo(128L);
        assertThat(plain(value("a=0x1F", "a"))).isEqualTo(31L);
        assertThat(plain(value("a=017", "a"))).isEqualTo(15L);
        assertThat(plain(value("a=-3", "a"))).isEqualTo(-3L);
    }

    @Test
    void listsNestAndSpanLines() throws ConfigException {
        String source = "a = [ 'x', # first\n  [1,\n 2,], \n 'y',\n ]\nb=[]\nc=[ # none\n]";
        assertThat(plain(value(source, "a"))).isEqualTo(List.of("x", List.of(1L, 2L), "y"));
        assertThat(plain(value(source, "b"))).isEqualTo(List.of());
        assertThat(plain(value(source, "c"))).isEqualTo(List.of());
    }

    @Test
    void settingsArePartedByLinesAndSemicolons() throws ConfigException {
        ConfigFile f = ConfigFile.parse("a.cfg", "\n# all\n;; a=1; b='2' ;\r\n c = 3\\\n\nd=4");
        assertThat(f.settings().keySet()).containsExactly("a", "b", "c", "d");
        assertThat(setting(f, "d").at()).isEqualTo(new Position("a.cfg", 6, 1));
    }

    @Test
    void laterSettingsReplaceAndAppendedOnesAdd() throws ConfigException {
        assertThat(plain(value("a=1;a=2", "a"))).isEqualTo(2L);
        assertThat(plain(value("a=['x'];a+=['y']", "a"))).isEqualTo(List.of("x", "y"));
        assertThat(plain(value("a='x';a+='y'", "a"))).isEqualTo("xy");
        assertThat(plain(value("a+=['y']", "a"))).isEqualTo(List.of("y"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a = 'x           | 1:5:  | closing",
                "a = 12x          | 1:5:  | neither a number nor a name",
                "a = b            | 1:5:  | expected a value",
                "a                | 1:2:  | '=' or '+='",
                "= 1              | 1:1:  | the name of a setting",
                "a = [ 1 2 ]      | 1:9:  | ',' or ']'",
                "a = [ , ]        | 1:7:  | expected a value",
                "a = [ 1          | 1:8:  | ',' or ']'",
                "a = 1 b = 2      | 1:7:  | end of the line",
                "a = '\\q'        | 1:6:  | not an escape",
                "a = 'x'; a += [] | 1:10: | of another kind",
                "a ? 1            | 1:3:  | no meaning",
                "a + 1            | 1:3:  | followed by '='",
                "a = 09           | 1:5:  | neither",
                "a = 0x           | 1:5:  | neither",
            })
    void mistakesAreNamedWithTheirPlace(String source, String place, String why) {
        assertThatThrownBy(() -> ConfigFile.parse("f.cfg", source))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("f.cfg:" + place)
                .hasMessageContaining(why);
    }

    @Test
    void deepListsDoNotOverflowTheStack() {
        assertThatThrownBy(() -> ConfigFile.parse("f.cfg", "a=" + "[".repeat(100_000)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("nested");
    }
}
