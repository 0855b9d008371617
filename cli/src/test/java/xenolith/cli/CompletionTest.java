package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script of {@code xenolith completion} in a real bash, asked as the tabulator key does. */
class CompletionTest {
    private static final Path BASH = Path.of("/bin/bash");

    /** Arguments: the script, the command, its words; the last word is being completed. */
    private static final String ASK =
            """
            compopt() { :; } # bash has it while it completes only
            source "$1"
            shift
            rule=$(complete -p "$1") || exit 1
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
            [[ $rule =~ -F\\ ([^ ]+) ]] && "${BASH_REMATCH[1]}" "$1" "${!#}" "${COMP_WORDS[COMP_CWORD-1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """;

    @TempDir private Path folder;

    private Path script(String... words) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        Streams streams = new Streams(new ByteArrayInputStream(new byte[0]), print, print);
        assertThat(Main.run(words, streams)).isZero();
        return Files.write(folder.resolve("completion"), out.toByteArray());
    }

    private String[] complete(Path script, String... words)
            throws IOException, InterruptedException {
        assumeThat(BASH).isExecutable();
        String[] command = new String[words.length + 5];
        System.arraycopy(
                new String[] {BASH.toString(), "-c", ASK, "ask", script.toString()},
                0,
                command,
                0,
                5);
        System.arraycopy(words, 0, command, 5, words.length);
        Process bash = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(said).isZero();
        return said.strip().split("\\s+");
    }

    @Test
    void bashCompletesCommandsAndOptions() throws IOException, InterruptedException {
        Path script = script("completion");
        assertThat(complete(script, "xenolith", "cre")).containsExactly("create");
        assertThat(complete(script, "xenolith", "block-"))
                .containsExactlyInAnyOrder("block-attach", "block-detach", "block-list");
        assertThat(complete(script, "xenolith", "shutdown", "--w")).containsExactly("--wait");
        assertThat(complete(script, "xenolith", "run", "--engine", "tr"))
                .containsExactly("translator");
    }

    @Test
    void theNameMayBeXl() throws IOException, InterruptedException {
        Path script = script("completion", "--name", "xl");
        assertThat(complete(script, "xl", "vcpu-")).containsExactly("vcpu-list", "vcpu-set");
    }
}
