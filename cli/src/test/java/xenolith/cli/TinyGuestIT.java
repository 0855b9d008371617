package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import xenolith.machine.cpu.Engine;
import xenolith.machine.engine.Both;
import xenolith.machine.engine.EngineKind;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.translate.Translator;
import xenolith.testkit.guests.TinyGuest;
import xenolith.testkit.guests.TinyGuests;
import xenolith.testkit.guests.Xen;
import xenolith.testkit.guests32.TinyGuests32;
import xenolith.testkit.run.Trial;

/** Tiny guests under many orders of frames, and how {@code xenolith test} judges them. */
class TinyGuestIT {
    private static final int SEEDS = 20;

    /** Executions after which even the code of a tiny guest is translated. */
    private static final int EAGER = 2;

    @TempDir private Path folder = Path.of(".");

    /** The guests of both widths: their names, and how their images are made. */
    private static Map<String, Supplier<byte[]>> guests() {
        Map<String, Supplier<byte[]>> all = new TreeMap<>();
        TinyGuests.all().forEach(g -> all.put(g.name(), g::image));
        TinyGuests32.all().forEach(g -> all.put(g.name(), g::image));
        return all;
    }

    @TestFactory
    Stream<DynamicTest> printsTheSameUnderEverySeed() {
        return guests().entrySet().stream()
                .map(g ->
                        DynamicTest.dynamicTest(
                                g.getKey(), () -> underEverySeed(g.getKey(), g.getValue().get())));
    }

    private static void underEverySeed(String name, byte[] image) {
        Trial first = Trial.of(name, image, Trial.Setting.of(1));
        assertThat(first.console()).as(first.describe()).contains("Test result: SUCCESS");
        for (long seed = 2; seed <= SEEDS; seed++) {
            Trial other = Trial.of(name, image, Trial.Setting.of(seed));
            assertThat(other.console()).as("seed %d", seed).isEqualTo(first.console());
            assertThat(other.shutdown()).as("seed %d", seed).isEqualTo(first.shutdown());
        }
    }

    /** The interpreter, a translator that translates at once, and both against each other. */
    @TestFactory
    Stream<DynamicTest> printsTheSameOnEveryEngine() {
        return guests().entrySet().stream()
                .map(g ->
                        DynamicTest.dynamicTest(
                                g.getKey(), () -> onEveryEngine(g.getKey(), g.getValue().get())));
    }

    private static void onEveryEngine(String name, byte[] image) {
        Trial.Setting setting = Trial.Setting.of(1);
        Trial expected = Trial.of(name, image, setting, Interpreter::new);
        Map<String, Function<MachineMemory, Engine>> engines =
                Map.of(
                        "translator",
                        EngineKind.TRANSLATOR::on,
                        "eager translator",
                        memory -> new Translator(memory, EAGER),
                        "both",
                        EngineKind.BOTH::on,
                        "both, eager translator",
                        memory ->
                                new Both(
                                        memory,
                                        new Translator(memory, EAGER),
                                        new Interpreter(memory),
                                        1,
                                        Path.of("target")));
        engines.forEach((kind, engine) ->
                assertThat(Trial.of(name, image, setting, engine)).as(kind).isEqualTo(expected));
    }

    @Test
    void everyVerdictHasItsStatusAndPlaceInTheReport() throws IOException {
        judged(k -> k.print("all is well\r\n"), Verdict.SUCCESS, 0, "");
        judged(verdict("SKIP"), Verdict.SKIP, 3, "<skipped ");
        judged(verdict("ERROR"), Verdict.ERROR, 4, "<error ");
        judged(k -> k.fail("one is not two"), Verdict.FAILURE, 5, "<failure ");
        judged(
                k -> {
                    k.hypercall(Xen.SET_TRAP_TABLE, 0);
                    k.a.ud2();
                },
                Verdict.CRASH,
                6,
                "<error message=\"the guest crashed\"");
        judged(
                k -> {
                    k.print("no more to say\r\n");
                    k.a.jmp("off");
                },
                Verdict.CRASH,
                6,
                "<error message=\"no verdict in the last line\"");
    }

    private static TinyGuest verdict(String word) {
        return k -> {
            k.print("Test result: " + word + "\r\n");
            k.a.jmp("off");
        };
    }

    private void judged(TinyGuest guest, Verdict verdict, int status, String element)
            throws IOException {
        Path kernel = Files.write(folder.resolve("guest"), guest.image());
        Path junit = folder.resolve("report.xml");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int found =
                Main.run(
                        new String[] {
                            "test", "--junit", junit.toString(), "--seed", "1", kernel.toString()
                        },
                        new Streams(new ByteArrayInputStream(new byte[0]), print, print));
        String said = out.toString(StandardCharsets.UTF_8);
        assertThat(found).as(said).isEqualTo(status);
        assertThat(said).containsPattern("guest +" + verdict).contains("1 " + verdict);
        assertThat(junit).content().contains("<testcase name=\"guest\"", element);
        assertThat(junit)
                .content()
                .contains("skipped=\"" + (verdict == Verdict.SKIP ? 1 : 0) + "\"")
                .contains("failures=\"" + (verdict == Verdict.FAILURE ? 1 : 0) + "\"")
                .contains("errors=\"" + (status == 4 || status == 6 ? 1 : 0) + "\"");
    }
}
