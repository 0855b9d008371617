package xenolith.machine.translate;

import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.machine.interpret.Block;

/**
 * Where the interpreter went for a while, from a block that is to be translated well: what belongs
 * into its region.
 */
final class Recording {
    /** The least part of a block's executions, as a divisor, that makes a target worth a test. */
    private static final int WORTH_A_TEST = 16;

    /** Targets of one branch that are tested for. */
    private static final int TESTS = 8;

    /** The linear address where it began. */
    final long start;

    private final IdentityHashMap<Block, Seen> blocks = new IdentityHashMap<>();
    private int left;
    private @Nullable Seen last;

    /** A block: how often it was run, and what came next, relative to {@link #start}. */
    private static final class Seen {
        int count;
        final Map<Long, Integer> next = new HashMap<>();
    }

    /**
     * @param start linear address of the block that is to be translated
     * @param most blocks after which it is over
     */
    Recording(long start, int most) {
        this.start = start;
        this.left = most;
    }

    /** Takes in that {@code block}, the one at {@code rip}, is run next. */
    void add(Block block, long rip) {
        if (last != null) {
            last.next.merge(rip - start, 1, Integer::sum);
        }
        Seen seen = blocks.computeIfAbsent(block, b -> new Seen());
        seen.count++;
        last = seen;
        left--;
    }

    /** The next block does not simply follow: there was an exit. */
    void interrupt() {
        last = null;
    }

    boolean complete() {
        return left <= 0;
    }

    /** How often {@code block} was run. */
    int count(Block block) {
        Seen seen = blocks.get(block);
        return seen == null ? 0 : seen.count;
    }

    /**
     * Where the last instruction of {@code block} mostly went, relative to {@link #start}, the most
     * frequent first.
     */
    List<Long> targets(Block block) {
        Seen seen = blocks.get(block);
        if (seen == null) {
            return List.of();
        }
        return seen.next.entrySet().stream()
                .filter(e -> e.getValue() * WORTH_A_TEST >= seen.count)
                .sorted(
                        Comparator.comparing(Map.Entry<Long, Integer>::getValue)
                                .reversed()
                                .thenComparing(Map.Entry::getKey))
                .limit(TESTS)
                .map(Map.Entry::getKey)
                .toList();
    }
}
