package xenolith.bench;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/** The options of {@code ./bench/run}: words starting with two dashes, each with a value. */
final class SuiteOptions {
    static final String HELP =
            """
            Usage: ./bench/run [OPTION VALUE]...
              --runs N          boots of each rival, interleaved (3)
              --rows A,B,...    only these rows (all of bench/guest/table)
              --only A,B,...    only these of native, tcg, xenolith (other, xen)
              --turns N         a row runs so often in one boot; the last turn counts (2)
              --most SECONDS    a turn of a row that takes longer is a "timeout" (60)
              --engine NAME     Xenolith's engine, as in xenolith run --engine
              --xenolith FILE   the command xenolith (this folder's)
              --against FILE    another command xenolith to compare with, under the name "other"
              --by time|cpu     what the table shows: the guest's time, or the processor time that
                                the rival's process took (not for native); for busy machines (time)
              --memory MIB      memory of a guest (1024)
              --cpu MODEL       QEMU's processor (%s)
              --kernel FILE     the kernel (Debian's, from the cache)
              --output FILE     writes the table to this file, too
              --with-xen yes    also as a PV guest of real Xen 4.17 inside QEMU; slow
            """;

    /** QEMU's own choice: without AVX and the like, as Xenolith's. */
    static final String CPU = "qemu64";

    private static final Set<String> KNOWN =
            Set.of(
                    "runs",
                    "rows",
                    "only",
                    "turns",
                    "most",
                    "engine",
                    "xenolith",
                    "memory",
                    "cpu",
                    "kernel",
                    "output",
                    "with-xen",
                    "against",
                    "by");

    private final Map<String, String> values = new HashMap<>();

    /** Reads {@code words}; a wrong one is an {@link IllegalArgumentException} that says so. */
    SuiteOptions(List<String> words) {
        for (int i = 0; i < words.size(); i += 2) {
            String word = words.get(i);
            if (!word.startsWith("--") || !KNOWN.contains(word.substring(2))) {
                throw new IllegalArgumentException("There is no option " + word + ".");
            }
            if (i + 1 == words.size()) {
                throw new IllegalArgumentException("The option " + word + " needs a value.");
            }
            values.put(word.substring(2), words.get(i + 1));
        }
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    int number(String name, int otherwise) {
        String text = text(name, Integer.toString(otherwise));
        if (!text.matches("[1-9][0-9]{0,8}")) {
            throw new IllegalArgumentException("--" + name + " " + text + " is no number above 0.");
        }
        return Integer.parseInt(text);
    }

    /** The time that the table shows. */
    ToLongFunction<Outcome.Measured> time() {
        return switch (text("by", "time")) {
            case "time" -> Outcome.Measured::nanoseconds;
            case "cpu" -> Outcome.Measured::cpuNanoseconds;
            default -> throw new IllegalArgumentException("--by takes time or cpu.");
        };
    }

    boolean given(String name) {
        return values.containsKey(name);
    }

    /** The rivals to run. */
    Set<String> rivals() {
        Set<String> all = new LinkedHashSet<>(List.of(Rival.NATIVE, Rival.TCG, Rival.XENOLITH));
        if (text("by", "time").equals("cpu")) {
            all.remove(Rival.NATIVE); // its processes are many and short
        }
        if (given("against")) {
            all.add(Rival.OTHER);
        }
        if (given("with-xen")) {
            all.add(Rival.XEN);
        }
        if (given("only")) {
            Set<String> wanted = new LinkedHashSet<>(List.of(text("only", "").split(",", -1)));
            if (!all.containsAll(wanted)) {
                throw new IllegalArgumentException("--only takes some of " + all + ".");
            }
            return wanted;
        }
        return all;
    }

    /** Those of {@code all} that were asked for, in the table's order. */
    List<Row> rows(List<Row> all) {
        if (!given("rows")) {
            return all;
        }
        List<String> missing = new ArrayList<>(List.of(text("rows", "").split(",", -1)));
        List<Row> some = all.stream().filter(r -> missing.remove(r.name())).toList();
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("There are no rows " + missing + ".");
        }
        return some;
    }
}
