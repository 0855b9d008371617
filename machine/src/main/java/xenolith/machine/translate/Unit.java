package xenolith.machine.translate;

import java.util.List;

/**
 * Instructions of a region that are entered at the first one only.
 *
 * @param offset of the first byte from the region's base
 */
record Unit(int offset, List<Step> steps) {
    Step last() {
        return steps.get(steps.size() - 1);
    }
}
