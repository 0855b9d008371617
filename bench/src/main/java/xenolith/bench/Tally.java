package xenolith.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;

/** The outcomes of all runs, by rival and row. */
final class Tally {
    private final Map<String, Map<String, List<Outcome>>> outcomes = new LinkedHashMap<>();
    private final Map<String, Double> memory = new LinkedHashMap<>();
    private final ToLongFunction<Outcome.Measured> time;

    /** A tally of the times that {@code time} takes out of a result, in nanoseconds. */
    Tally(ToLongFunction<Outcome.Measured> time) {
        this.time = time;
    }

    void add(String rival, Map<String, Outcome> run) {
        Map<String, List<Outcome>> rows =
                outcomes.computeIfAbsent(rival, r -> new LinkedHashMap<>());
        run.forEach(
                (row, outcome) -> rows.computeIfAbsent(row, r -> new ArrayList<>()).add(outcome));
    }

    /** Notes that a process of {@code rival} had {@code mib} MiB beyond its guest's memory. */
    void addMemory(String rival, double mib) {
        memory.merge(rival, mib, Math::max);
    }

    /** The largest of all runs in MiB. */
    Optional<Double> memory(String rival) {
        return Optional.ofNullable(memory.get(rival));
    }

    boolean has(String rival) {
        return outcomes.containsKey(rival);
    }

    List<Outcome> of(String rival, String row) {
        return outcomes.getOrDefault(rival, Map.of()).getOrDefault(row, List.of());
    }

    /** Seconds of those runs that ended, in rising order. */
    List<Double> seconds(String rival, String row) {
        return of(rival, row).stream()
                .filter(Outcome.Measured.class::isInstance)
                .map(o -> time.applyAsLong((Outcome.Measured) o) / 1e9)
                .sorted()
                .toList();
    }

    /** The median of the runs in seconds; nothing if one of them did not end. */
    Optional<Double> median(String rival, String row) {
        List<Double> sorted = seconds(rival, row);
        int n = sorted.size();
        return n == 0 || n < of(rival, row).size()
                ? Optional.empty()
                : Optional.of((sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2);
    }

    /** {@code rival}'s median in parts of {@code other}'s. */
    Optional<Double> ratio(String rival, String other, String row) {
        return median(rival, row).flatMap(a -> median(other, row).map(b -> a / b));
    }

    /** The check values that {@code row} had anywhere; more than one is a defect of somebody. */
    Set<String> checks(String row) {
        Set<String> checks = new TreeSet<>();
        for (String rival : outcomes.keySet()) {
            for (Outcome o : of(rival, row)) {
                if (o instanceof Outcome.Measured(String check, long _, long _)) {
                    checks.add(check);
                }
            }
        }
        return checks;
    }

    /** The geometric mean of {@code values}; nothing of none. */
    static Optional<Double> geometricMean(List<Double> values) {
        return values.isEmpty()
                ? Optional.empty()
                : Optional.of(Math.exp(values.stream().mapToDouble(Math::log).average().orElse(0)));
    }
}
