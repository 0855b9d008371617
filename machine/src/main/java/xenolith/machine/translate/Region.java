package xenolith.machine.translate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import xenolith.machine.interpret.Block;

/**
 * The part of the guest's control flow that becomes one method.
 *
 * @param units in the order of their offsets
 * @param blocks the interpreter's blocks it is made of, by offset, in the order they were found
 * @param steps the instructions of each block
 * @param pages page numbers relative to that of the base, and the machine frames found there
 * @param guesses offsets of returns and indirect branches, and those where they mostly go, which
 *     may belong to the region or not
 */
record Region(
        List<Unit> units,
        Map<Integer, Block> blocks,
        Map<Integer, List<Step>> steps,
        Map<Integer, Long> pages,
        Map<Integer, List<Integer>> guesses) {
    /** The region of {@code blocks}, the first of them at offset 0. */
    static Region of(
            Map<Integer, Block> blocks,
            Map<Integer, List<Step>> steps,
            Map<Integer, Long> pages,
            Map<Integer, List<Integer>> guesses) {
        return new Region(units(blocks, steps), blocks, steps, pages, guesses);
    }

    /** Blocks, cut where another one begins. */
    private static List<Unit> units(Map<Integer, Block> blocks, Map<Integer, List<Step>> steps) {
        List<Unit> units = new ArrayList<>();
        for (int offset : new TreeSet<>(blocks.keySet())) {
            List<Step> all = Objects.requireNonNull(steps.get(offset));
            int end = 1;
            while (end < all.size() && !blocks.containsKey(all.get(end).offset())) {
                end++;
            }
            units.add(new Unit(offset, List.copyOf(all.subList(0, end))));
        }
        return units;
    }

    /** The blocks that were found first, half of them; null if there is but one. */
    @Nullable Region smaller() {
        if (blocks.size() < 2) {
            return null;
        }
        Map<Integer, Block> first = new LinkedHashMap<>();
        for (Map.Entry<Integer, Block> b : blocks.entrySet()) {
            if (first.size() < blocks.size() / 2) {
                first.put(b.getKey(), b.getValue());
            }
        }
        return of(first, steps, pages, guesses);
    }

    /** Where {@code branch} mostly goes, within the region. */
    List<Integer> guesses(Step branch) {
        return guesses.getOrDefault(branch.offset(), List.of()).stream()
                .filter(blocks::containsKey)
                .toList();
    }

    /** Whether all its bytes are still those in memory. */
    boolean valid() {
        for (Block b : blocks.values()) {
            if (!b.valid()) {
                return false;
            }
        }
        return true;
    }

    /** Instructions in all units. */
    int instructions() {
        int n = 0;
        for (Unit u : units) {
            n += u.steps().size();
        }
        return n;
    }
}
