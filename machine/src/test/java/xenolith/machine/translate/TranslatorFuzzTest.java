package xenolith.machine.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;

/**
 * Random programs in the translator and in the interpreter. Properties: {@code
 * xenolith.fuzz.blocks} (basic blocks in all, 6,000 unless told), {@code xenolith.fuzz.seed} (of
 * the first program, else by the clock), {@code xenolith.fuzz.hot} (executions after which a block
 * is translated). The seed of a program that ends differently becomes a file among the regressions.
 */
class TranslatorFuzzTest {
    private static final Path REGRESSIONS = Path.of("src/test/resources/regressions");
    private static final int BLOCKS = Integer.getInteger("xenolith.fuzz.blocks", 6_000);
    private static final long SEED =
            Long.getLong("xenolith.fuzz.seed", System.nanoTime() & 0xffff_ffffL);
    private static final int STOPS = 30;

    private static Fuzz translator() {
        return new Fuzz(memory -> new Translator(memory, Fuzz.HOT), Fuzz.forms());
    }

    /** The columns: kind, 64-bit code, hundredths of the budget. */
    @ParameterizedTest
    @CsvSource({
        "STRAIGHT,true,4",
        "GRAPH,true,43",
        "GRAPH,false,10",
        "MODIFYING,true,33",
        "MODIFYING,false,10"
    })
    void endsInTheStateOfTheInterpreter(Program.Kind kind, boolean wide, int hundredths)
            throws IOException {
        Duel.Setting setting = new Duel.Setting(kind, wide, STOPS);
        long start = System.nanoTime();
        Fuzz.Outcome outcome =
                translator().run(setting, SEED, BLOCKS / 100 * hundredths, Long.MAX_VALUE);
        System.out.printf(
                Locale.ROOT,
                "fuzz %s %s: %d blocks of %d programs from seed %d, %.1f s%n",
                kind,
                wide ? "64" : "32",
                outcome.blocks(),
                outcome.programs(),
                SEED,
                (System.nanoTime() - start) / 1e9);
        if (outcome.failed() != null) {
            fail(save(setting, SEED + outcome.programs() - 1) + "\n" + outcome.failed());
        }
    }

    private static String save(Duel.Setting s, long seed) throws IOException {
        String text = "%s %s %d %d%n".formatted(s.kind(), s.wide(), s.stops(), seed);
        String name = "%s-%s-%d.fuzz".formatted(s.kind(), s.wide() ? 64 : 32, seed);
        Path file = REGRESSIONS.resolve(name.toLowerCase(Locale.ROOT));
        return "saved in " + Files.writeString(file, text);
    }

    @TestFactory
    Stream<DynamicTest> regressions() throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(REGRESSIONS)) {
            files = list.filter(p -> p.toString().endsWith(".fuzz")).sorted().toList();
        }
        return files.stream()
                .map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> replay(f)));
    }

    private static void replay(Path file) throws IOException {
        String[] words = Files.readString(file).strip().split(" ", -1);
        Duel.Setting setting =
                new Duel.Setting(
                        Program.Kind.valueOf(words[0]),
                        Boolean.parseBoolean(words[1]),
                        Integer.parseInt(words[2]));
        assertThat(translator().runOne(setting, Long.parseLong(words[3]))).isNull();
    }

    /** Errs once. */
    private static final class Erring implements Engine {
        private final Interpreter engine;
        private int runs;

        Erring(MachineMemory memory) {
            engine = new Interpreter(memory);
        }

        @Override
        public Exit run(Cpu cpu) {
            Exit exit = engine.run(cpu);
            if (++runs == 40) {
                cpu.setStatusFlags((int) cpu.rflags() ^ 1);
            }
            return exit;
        }

        @Override
        public CapturedStore captureStore(Cpu cpu, long vaddr) {
            throw new IllegalStateException("no store is captured here");
        }
    }

    @ParameterizedTest
    @EnumSource
    void anErrorIsFound(Program.Kind kind) {
        Function<MachineMemory, Engine> erring = Erring::new;
        Duel.Setting setting = new Duel.Setting(kind, true, STOPS);
        assertThat(new Fuzz(erring, Fuzz.forms()).run(setting, 0, 1000, 3).failed()).isNotNull();
    }

    /** Most of what is generated runs, instead of faulting at once. */
    @Test
    void programsRunFar() throws Duel.Difference {
        try (Duel duel = new Duel(Interpreter::new, Fuzz.forms())) {
            for (Program.Kind kind : Program.Kind.values()) {
                for (int seed = 0; seed < 50; seed++) {
                    duel.run(new Duel.Setting(kind, seed % 2 == 0, STOPS), seed);
                }
            }
            assertThat(duel.instructions() / duel.faults()).isGreaterThan(200);
        }
    }
}
