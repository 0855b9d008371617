package xenolith.machine.translate;

import java.util.List;
import java.util.Map;
import xenolith.machine.interpret.Block;

/**
 * The part of the guest's control flow that becomes one method.
 *
 * @param units in the order of their offsets
 * @param blocks the interpreter's blocks it is made of, by offset
 * @param pages page numbers relative to that of the base, and the machine frames found there
 * @param pageOffset offset of the base in its page
 */
record Region(
        List<Unit> units, Map<Integer, Block> blocks, Map<Integer, Long> pages, int pageOffset) {
    /** Whether all its bytes are still those in memory. */
    boolean valid() {
        return blocks.values().stream().allMatch(Block::valid);
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
