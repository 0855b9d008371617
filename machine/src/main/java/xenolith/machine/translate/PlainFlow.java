package xenolith.machine.translate;

import java.util.HashMap;
import java.util.Map;
import xenolith.machine.decode.Instruction;

/**
 * Which halves of vector registers are taken as doubles by a unit, or by those after it, before
 * they are written: they are worth a look at the end of the unit before, and need none later.
 */
final class PlainFlow {
    private final Region region;
    private final Map<Integer, Integer> wanted = new HashMap<>();
    private final int returns;

    PlainFlow(Region region) {
        this.region = region;
        region.units().forEach(u -> wanted.put(u.offset(), 0));
        boolean changed = true;
        int afterCalls = 0;
        while (changed) {
            changed = false;
            afterCalls = wantedAfterCalls();
            for (int n = region.units().size() - 1; n >= 0; n--) {
                Unit u = region.units().get(n);
                int now = before(u, after(u, afterCalls));
                changed |= now != wanted.put(u.offset(), now);
            }
        }
        returns = afterCalls;
    }

    private int wantedAfterCalls() {
        int all = 0;
        for (Unit u : region.units()) {
            if (Flow.of(u.last().instruction()) == Flow.CALL) {
                all |= at(u.last().next());
            }
        }
        return all;
    }

    /** Halves wanted at the begin of the unit at {@code offset}; none outside of the region. */
    private int at(long offset) {
        return offset == (int) offset ? wanted.getOrDefault((int) offset, 0) : 0;
    }

    int before(Unit u) {
        return at(u.offset());
    }

    /** Halves wanted where {@code u} goes to. */
    int after(Unit u) {
        return after(u, returns);
    }

    private int after(Unit u, int afterCalls) {
        Step last = u.last();
        return switch (Flow.of(last.instruction())) {
            case NEXT -> last.op().endsBlock() ? 0 : at(last.next());
            case JUMP, CALL -> at(Flow.target(last));
            case CONDITIONAL -> at(Flow.target(last)) | at(last.next());
            case RETURN -> afterCalls;
            case INDIRECT_JUMP, INDIRECT_CALL -> 0;
        };
    }

    private static int before(Unit u, int after) {
        int set = after;
        for (int k = u.steps().size() - 1; k >= 0; k--) {
            Instruction i = u.steps().get(k).instruction();
            VectorForm f = VectorForm.of(i);
            if (f != null) {
                set = set & ~f.written(i) | f.doubles(i) & f.read(i);
            }
        }
        return set;
    }
}
