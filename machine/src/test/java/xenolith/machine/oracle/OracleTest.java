package xenolith.machine.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.EngineKind;

/**
 * Random instructions, natively and on the standard engine. Properties: {@code
 * xenolith.oracle.cases} (in all, 200,000 unless told), {@code xenolith.oracle.seed}, {@code
 * xenolith.oracle.form} (only forms whose name contains it or that need it), {@code
 * xenolith.oracle.save} (folder for files of the cases that differ; {@code
 * src/test/resources/regressions} makes them permanent).
 */
class OracleTest {
    private static final List<String> FAMILIES =
            List.of("integer", "string", "control", "sse", "x87");

    /** Whether to leave each case in a file first, for a crash of the process. */
    private static final boolean TRACE = Boolean.getBoolean("xenolith.oracle.trace");

    private static final int FILES_A_FORM = 3;

    private final long seed =
            Long.getLong("xenolith.oracle.seed", System.nanoTime() & 0xffff_ffffL);
    private final int cases = Integer.getInteger("xenolith.oracle.cases", 200_000);
    private final String only = System.getProperty("xenolith.oracle.form", "");
    private final Path folder =
            Path.of(System.getProperty("xenolith.oracle.save", "target/oracle-mismatches"));

    private final boolean intel = VendorChoice.onIntel();

    private final Map<String, Integer> wrong = new TreeMap<>();
    private final TreeSet<String> missing = new TreeSet<>();
    private final StringBuilder report = new StringBuilder();

    @Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @ParameterizedTest
    @ValueSource(strings = {"integer", "string", "control", "sse", "x87"})
    void endsInTheStateOfTheBareProcessor(String family) throws IOException {
        BareProcessor bare = bareProcessor();
        InterpretedProcessor ours = new InterpretedProcessor(EngineKind.standard()::on);
        Set<String> features = BareProcessor.features();
        List<Form> forms =
                Form.table(family).stream()
                        .filter(f -> f.name().contains(only) || f.argument("need").equals(only))
                        .filter(f -> available(f, features))
                        .toList();
        long start = System.nanoTime();
        int done = 0;
        int wanted = forms.isEmpty() ? 0 : cases / FAMILIES.size();
        for (int i = 0; done < wanted; i++) {
            Form form = forms.get(i % forms.size());
            long caseSeed = seed * 0x9e37_79b9_7f4a_7c15L + i;
            TestCase c = CaseGenerator.make(form, caseSeed);
            if (c == null) {
                continue;
            }
            done++;
            run(form, c, bare, ours);
        }
        System.out.printf(
                "oracle %s: %d cases of %d forms, seed %d, %.1f s, %d differ%n",
                family,
                done,
                forms.size(),
                seed,
                (System.nanoTime() - start) / 1e9,
                wrong.values().stream().mapToInt(Integer::intValue).sum());
        if (!missing.isEmpty()) {
            System.out.println("oracle " + family + ": not built in: " + missing);
        }
        assertThat(report.toString())
                .as("forms that differ: %s; files in %s; seed %d", wrong, folder, seed)
                .isEmpty();
        if (!forms.isEmpty()) {
            assertThat(done).isPositive();
        }
    }

    /** Whether the host has the instruction; says so loudly where not. */
    private static boolean available(Form form, Set<String> features) {
        String needed = form.argument("need");
        boolean there = needed.isEmpty() || features.contains(needed);
        if (!there) {
            System.out.println(
                    "oracle: NOT COMPARED: " + form + ": this host's processor has no " + needed);
        }
        return there;
    }

    private static BareProcessor bareProcessor() {
        try {
            return BareProcessor.get();
        } catch (BareProcessor.Unavailable e) {
            return abort(String.valueOf(e.getMessage()));
        }
    }

    private void run(Form form, TestCase c, BareProcessor bare, InterpretedProcessor ours)
            throws IOException {
        InterpretedProcessor.Outcome outcome = ours.execute(c.code(), c.before());
        if (outcome.exit() != null) {
            // Not run natively: there a fault would end this process.
            boolean ud = outcome.exit() instanceof Exit.Fault f && f.vector() == Vector.UD;
            if (form.has("opt") && ud) {
                missing.add(form.name());
            } else {
                differs(form, c, c.before(), List.of("left by " + outcome.exit()));
            }
            return;
        }
        if (TRACE) {
            Files.writeString(folder.resolveSibling("oracle-last"), CaseFile.write(c, c.before()));
        }
        if (!intel && VendorChoice.concerns(form, c, outcome.state())) {
            return;
        }
        ProcessorState expected = bare.execute(c.code(), c.before());
        List<String> differences = Comparison.of(c, expected, outcome.state());
        if (!differences.isEmpty()) {
            differs(form, c, expected, differences);
        }
    }

    private void differs(Form form, TestCase c, ProcessorState expected, List<String> differences)
            throws IOException {
        int n = wrong.merge(form.name(), 1, Integer::sum);
        if (n > FILES_A_FORM) {
            return;
        }
        String code = HexFormat.of().formatHex(c.code());
        Files.createDirectories(folder);
        String file = form + "-" + code + "-" + n;
        Files.writeString(
                folder.resolve(file.replaceAll("[^A-Za-z0-9-]+", "_") + ".case"),
                CaseFile.write(c, expected));
        report.append(form).append(" [").append(code).append("]: ");
        report.append(String.join("; ", differences)).append('\n');
    }
}
