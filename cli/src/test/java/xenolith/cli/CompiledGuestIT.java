package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the JVM's options that users have, hot guest code goes by HotSpot's compilers to order. */
class CompiledGuestIT {
    /** MOV ECX, 100000000; DEC ECX; JNZ to the DEC. */
    private static final String LOOP = "b900e1f505 ffc9 75fc";

    @TempDir private Path folder = Path.of(".");

    @Test
    void aLoopIsTranslated() throws IOException, InterruptedException {
        Path kernel = new TinyKernel().code(LOOP).shutdown(0).write(folder.resolve("kernel"));
        List<String> command = HostProcess.command();
        command.addAll(List.of("run", "--kernel", kernel.toString(), "--memory", "8", "--stats"));
        Process run = new ProcessBuilder(command).redirectErrorStream(true).start();
        run.getOutputStream().close();
        String said = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(run.waitFor()).as(said).isZero();
        assertThat(said).containsPattern("[1-9][0-9]* kept with [1-9]").doesNotContain("Exception");
    }
}
