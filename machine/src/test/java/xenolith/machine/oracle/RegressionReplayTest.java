package xenolith.machine.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import xenolith.machine.engine.EngineKind;

/** Every instruction that once ended differently from the bare processor, on any host. */
class RegressionReplayTest {
    private static final Path FOLDER = Path.of("src/test/resources/regressions");

    @TestFactory
    Stream<DynamicTest> endsAsStored() throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(FOLDER)) {
            files = list.filter(p -> p.toString().endsWith(".case")).sorted().toList();
        }
        InterpretedProcessor ours = new InterpretedProcessor(EngineKind.standard()::on);
        return files.stream()
                .map(f ->
                        DynamicTest.dynamicTest(f.getFileName().toString(), () -> replay(ours, f)));
    }

    private static void replay(InterpretedProcessor ours, Path file) throws IOException {
        CaseFile.Stored stored = CaseFile.read(Files.readString(file));
        TestCase c = stored.testCase();
        InterpretedProcessor.Outcome outcome = ours.execute(c.code(), c.before());
        assertThat(outcome.exit()).isNull();
        assertThat(Comparison.of(c, stored.after(), outcome.state())).isEmpty();
    }

    @Test
    void aFileHoldsAllOfACase() {
        Form form = Form.parse("integer", "add | 01 /r v lock");
        for (int seed = 0; seed < 100; seed++) {
            TestCase c = java.util.Objects.requireNonNull(CaseGenerator.make(form, seed));
            ProcessorState after = c.before().copy();
            after.gpr[seed & 15] ^= 1L << (seed & 63);
            after.window[seed] ^= 1;
            after.xmm[seed & 31] ^= 1;
            CaseFile.Stored stored = CaseFile.read(CaseFile.write(c, after));
            assertThat(stored.testCase().code()).isEqualTo(c.code());
            assertThat(Comparison.of(c, c.before(), stored.testCase().before())).isEmpty();
            assertThat(Comparison.of(c, after, stored.after())).isEmpty();
            assertThat(Comparison.of(c, c.before(), stored.after())).hasSize(3);
        }
    }
}
