package xenolith.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The suite's result as a table in Markdown. */
final class SuiteTable {
    private final Tally tally;
    private final List<String> rows;
    private final List<String> rivals;
    private final List<String[]> ratios = new ArrayList<>();

    /** A table of {@code rivals} and {@code rows}, in their order. */
    SuiteTable(Tally tally, List<String> rows, List<String> rivals) {
        this.tally = tally;
        this.rows = rows;
        this.rivals = rivals.stream().filter(tally::has).toList();
        for (String other : List.of(Rival.TCG, Rival.OTHER, Rival.XEN, Rival.NATIVE)) {
            if (tally.has(Rival.XENOLITH) && tally.has(other)) {
                ratios.add(new String[] {Rival.XENOLITH, other});
            }
        }
    }

    /** Whether every row had one check value, in all runs of all. */
    boolean equal() {
        return rows.stream().allMatch(r -> tally.checks(r).size() <= 1);
    }

    /** The table: medians with the range of the runs behind them, ratios, their means. */
    String markdown() {
        StringBuilder text = new StringBuilder("| row |");
        rivals.forEach(r -> text.append(' ').append(r).append(" |"));
        ratios.forEach(r -> text.append(' ').append(r[0]).append('/').append(r[1]).append(" |"));
        text.append(" check values |\n|---|");
        text.append("---|".repeat(rivals.size() + ratios.size() + 1)).append('\n');
        for (String row : rows) {
            line(text, row);
        }
        text.append("| geometric mean |").append(" |".repeat(rivals.size()));
        for (String[] r : ratios) {
            Optional<Double> mean =
                    Tally.geometricMean(
                            rows.stream()
                                    .filter(row -> !row.equals(SuiteRun.BOOT))
                                    .flatMap(row -> tally.ratio(r[0], r[1], row).stream())
                                    .toList());
            text.append(ratio(mean));
        }
        text.append(" |\n| MiB beyond the guest |");
        for (String rival : rivals) {
            text.append(
                    tally.memory(rival)
                            .map(m -> String.format(Locale.ROOT, " %.0f |", m))
                            .orElse(" |"));
        }
        return text.append(" |".repeat(ratios.size() + 1)).append('\n').toString();
    }

    private void line(StringBuilder text, String row) {
        text.append("| ").append(row).append(" |");
        for (String rival : rivals) {
            text.append(' ').append(cell(rival, row)).append(" |");
        }
        for (String[] r : ratios) {
            text.append(ratio(tally.ratio(r[0], r[1], row)));
        }
        int checks = tally.checks(row).size();
        text.append(
                        checks > 1
                                ? " DIFFERENT"
                                : checks == 1 && !row.equals(SuiteRun.BOOT) ? " equal" : "")
                .append(" |\n");
    }

    private static String ratio(Optional<Double> ratio) {
        return ratio.map(r -> String.format(Locale.ROOT, " %.2f |", r)).orElse(" |");
    }

    /** Such as "1.234 (1.200 to 1.301)". */
    private String cell(String rival, String row) {
        List<Double> sorted = tally.seconds(rival, row);
        Optional<Double> median = tally.median(rival, row);
        if (median.isEmpty()) {
            List<Outcome> all = tally.of(rival, row);
            return all.isEmpty()
                    ? ""
                    : all.stream().anyMatch(Outcome.Bad.class::isInstance) ? "failed" : "timeout";
        }
        return sorted.size() == 1
                ? String.format(Locale.ROOT, "%.3f", median.get())
                : String.format(
                        Locale.ROOT,
                        "%.3f (%.3f to %.3f)",
                        median.get(),
                        sorted.getFirst(),
                        sorted.getLast());
    }
}
