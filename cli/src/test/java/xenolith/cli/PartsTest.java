package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;
import xenolith.toolstack.ToolException;

/** Small parts of the command. */
class PartsTest {
    @ParameterizedTest
    @CsvSource({"90,90000", "90s,90000", "500ms,500", "5m,300000", "1h30m,5400000", "1.5s,1500"})
    void durations(String text, long millis) {
        assertThat(new DurationConverter().convert(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "soon", "-5", "5x", "s", "5 s"})
    void noDurations(String text) {
        assertThatThrownBy(() -> new DurationConverter().convert(text))
                .isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "Test result: SUCCESS,SUCCESS",
        "Test result: SUCCESS with warnings,SUCCESS",
        "Test result: SKIP,SKIP",
        "Test result: ERROR,ERROR",
        "Test result: FAILURE,FAILURE",
        "Test result: NONSENSE,CRASH",
        "'',CRASH",
        "hello,CRASH"
    })
    void verdicts(String last, Verdict verdict) {
        assertThat(Verdict.of("Test result: FAILURE\r\n" + last + "\r\n\r\n"))
                .isEqualTo(last.isEmpty() ? Verdict.FAILURE : verdict);
        assertThat(Verdict.of(last)).isEqualTo(verdict);
    }

    @Test
    void symbolsNameAddressesBehindThem(@TempDir Path folder) throws IOException, ToolException {
        Path map = folder.resolve("System.map");
        Files.writeString(
                map,
                """
                ffffffff81000000 T _text
                ffffffff81000100 t helper
                ffffffff81000180 D data
                no line of nm
                """);
        Symbols symbols = Symbols.read(map);
        assertThat(symbols.name(0xffffffff81000000L)).isEqualTo("_text");
        assertThat(symbols.name(0xffffffff81000190L)).isEqualTo("helper+0x90");
        assertThat(symbols.name(0xffffffff80ffffffL)).isNull();
        assertThat(symbols.name(0x1000)).isNull();
        Files.writeString(map, "ffffffffffffffff B The real System.map is elsewhere\n");
        assertThatThrownBy(() -> Symbols.read(map))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("holds no symbols");
        assertThatThrownBy(() -> Symbols.read(folder.resolve("none")))
                .isInstanceOf(ToolException.class);
    }
}
