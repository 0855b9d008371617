package xenolith.machine.translate;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Writes the units of a region: their instructions, and the branches between them. */
final class UnitEmitter {
    /** Return addresses that a RET compares with. */
    private static final int RETURN_SITES = 8;

    private final Emitter e;
    private final CodeBuilder c;
    private final Region region;
    private final Map<Integer, Label> labels;
    private final List<Op> ops;
    private final List<Integer> returnSites = new ArrayList<>();
    private int index;

    /** Offsets that are reached by other ways than from the unit before. */
    private final Set<Integer> targets = new HashSet<>();

    UnitEmitter(
            Emitter e,
            Region region,
            List<Integer> entries,
            Map<Integer, Label> labels,
            List<Op> ops) {
        this.e = e;
        this.c = e.c;
        this.region = region;
        this.labels = labels;
        this.ops = ops;
        targets.addAll(entries);
        for (Unit u : region.units()) {
            Step last = u.last();
            Flow flow = Flow.of(last.instruction());
            if (flow == Flow.CALL || flow == Flow.JUMP || flow == Flow.CONDITIONAL) {
                targets.add((int) Flow.target(last));
            }
            if (flow == Flow.CALL || flow == Flow.INDIRECT_CALL) {
                targets.add(last.next());
            }
            targets.addAll(region.guesses(last));
            boolean inside =
                    flow == Flow.CALL
                            ? inRegion(Flow.target(last))
                            : flow == Flow.INDIRECT_CALL && !region.guesses(last).isEmpty();
            if (inside && labels.containsKey(last.next()) && returnSites.size() < RETURN_SITES) {
                returnSites.add(last.next());
            }
        }
    }

    private boolean inRegion(long offset) {
        return offset == (int) offset && labels.containsKey((int) offset);
    }

    /** Whether {@code s} becomes bytecode, not a call of the interpreter's operation. */
    static boolean translates(Step s) {
        Instruction i = s.instruction();
        return Flow.of(i) != Flow.NEXT && plainBranch(i)
                || ArithmeticFamily.knows(i)
                || MoveFamily.knows(i)
                || ShiftFamily.knows(i)
                || VectorForm.of(i) != null
                || OtherFamilies.knows(i);
    }

    /** Branches of 64-bit mode know no other operand size. */
    private static boolean plainBranch(Instruction i) {
        return i.map == Instruction.MAP_0F || i.opcode != 0xff || !i.lock;
    }

    void emit(int n) {
        index = n;
        Unit u = region.units().get(n);
        c.labelBinding(label(u.offset()));
        if (n == 0 || !onlyFollows(n)) {
            e.flags.forget();
        }
        List<Step> steps = u.steps();
        e.charge(steps.size());
        boolean[] live = liveFlags(steps);
        e.x.begin(u);
        leaveWithoutVectors(steps, 0);
        for (int k = 0; k < steps.size(); ) {
            int run = e instanceof WarmEmitter ? StackRun.length(steps, k) : 1;
            if (run > 1) {
                e.at(steps.get(k).offset(), steps.size() - k);
                StackRun.emit((WarmEmitter) e, steps.subList(k, k + run));
                k += run;
            } else {
                emit(u, k, live[k]);
                k++;
            }
        }
        Step last = u.last();
        if (Flow.of(last.instruction()) == Flow.NEXT && !last.op().endsBlock()) {
            e.x.end(u);
            edge(last.next());
        }
    }

    private void emit(Unit u, int k, boolean live) {
        List<Step> steps = u.steps();
        if (k + 1 == steps.size() && Flow.of(steps.get(k).instruction()) != Flow.NEXT) {
            e.x.end(u);
        }
        emit(steps.get(k), live, steps.size() - k);
        if (changesMode(steps.get(k)) && k + 1 < steps.size()) {
            leaveWithoutVectors(steps, k + 1);
        }
    }

    /** Leaves before step {@code k} if it or a later one needs SSE and that is not available. */
    private void leaveWithoutVectors(List<Step> steps, int k) {
        if (steps.stream().skip(k).anyMatch(s -> VectorForm.of(s.instruction()) != null)) {
            e.at(steps.get(k).offset(), steps.size() - k);
            e.x.mode();
            c.loadConstant(Floating.UNAVAILABLE).iand();
            e.leaveIfNotZero();
        }
    }

    /** Whether the only way into unit {@code n} is from the one before it, behind its end. */
    private boolean onlyFollows(int n) {
        Unit u = region.units().get(n);
        Unit before = region.units().get(n - 1);
        Flow flow = Flow.of(before.last().instruction());
        boolean follows =
                before.last().next() == u.offset()
                        && (flow == Flow.CONDITIONAL
                                || flow == Flow.NEXT && !before.last().op().endsBlock());
        return follows && !targets.contains(u.offset());
    }

    private Label label(int offset) {
        return java.util.Objects.requireNonNull(labels.get(offset));
    }

    private void emit(Step s, boolean live, int notRun) {
        Instruction i = s.instruction();
        e.at(s.offset(), notRun);
        if (!translates(s)) {
            foreign(s, notRun);
        } else if (Flow.of(i) != Flow.NEXT) {
            branch(s);
        } else if (ArithmeticFamily.knows(i)) {
            ArithmeticFamily.emit(e, i, live);
        } else if (ShiftFamily.knows(i)) {
            ShiftFamily.emit(e, i, live);
        } else if (MoveFamily.knows(i)) {
            MoveFamily.emit(e, i);
        } else {
            VectorForm f = VectorForm.of(i);
            if (f == null) {
                OtherFamilies.emit(e, i, live);
            } else if (f.floating()) {
                FloatFamily.emit(e, i, f, live);
            } else {
                VectorFamily.emit(e, i, f);
            }
        }
    }

    // ---- flags that nobody sees --------------------------------------------------------------

    /** Whether the flags after each step are seen before they are overwritten. */
    private static boolean[] liveFlags(List<Step> steps) {
        boolean[] live = new boolean[steps.size()];
        boolean wanted = true;
        for (int k = steps.size() - 1; k >= 0; k--) {
            live[k] = wanted;
            Step s = steps.get(k);
            if (FlagUse.overwrites(s)) {
                wanted = s.instruction().memory();
            } else if (!FlagUse.silent(s)) {
                wanted |= !FlagUse.passes(s);
            }
        }
        return live;
    }

    // ---- operations of the interpreter -------------------------------------------------------

    private void foreign(Step s, int notRun) {
        if (Hint.is(s.instruction())) {
            return;
        }
        String field = "op" + ops.size();
        ops.add(s.op());
        if (s.op().endsBlock()) {
            e.spill(Footprint.ALL);
            e.flags.spill();
            e.x.spill(-1);
            e.settle();
            e.executeLast(field);
            e.returnSettled();
            return;
        }
        Foreign f = Foreign.of(s.instruction());
        int vectors = Foreign.vectors(s.instruction());
        e.spill(f.reads());
        e.x.spill(vectors);
        if (f.readsFlags() || f.writesFlags()) {
            e.flags.spill();
        }
        e.execute(field);
        e.reload(f.writes());
        e.x.reload(vectors);
        if (f.writesFlags()) {
            e.flags.reread();
        }
        if (!f.quiet()) {
            e.reloadSegmentBases();
        }
        if (changesMode(s) && e.x.any()) {
            e.x.readMode();
        }
        if (s.instruction().memory() || !f.quiet()) {
            e.leaveIfStale(s.next(), notRun - 1);
        }
    }

    /** Whether {@code s} may change MXCSR's modes or whether SSE is available. */
    private static boolean changesMode(Step s) {
        return s.instruction().map == Instruction.MAP_0F
                && !translates(s)
                && !Foreign.of(s.instruction()).quiet();
    }

    // ---- branches ----------------------------------------------------------------------------

    private void branch(Step s) {
        Instruction i = s.instruction();
        switch (Flow.of(i)) {
            case JUMP -> edge(Flow.target(s));
            case CONDITIONAL -> conditional(s);
            case CALL -> {
                push(s.next());
                long target = Flow.target(s);
                if (inRegion(target) || !inRegion(s.next())) {
                    edge(target);
                } else {
                    e.pushLinear(target);
                    callTo(s);
                }
            }
            case RETURN -> {
                e.popTarget(i.opcode == 0xc2 ? i.immediate & 0xffff : 0);
                List<Integer> likely = region.guesses(s);
                goWhere(likely.isEmpty() ? returnSites : likely);
                c.lload(e.t1);
                e.exit();
            }
            case INDIRECT_JUMP -> {
                indirectTarget(i);
                goWhere(region.guesses(s));
                c.lload(e.t1);
                e.exit();
            }
            case INDIRECT_CALL -> {
                indirectTarget(i);
                push(s.next());
                goWhere(region.guesses(s));
                c.lload(e.t1);
                if (inRegion(s.next())) {
                    callTo(s);
                } else {
                    e.exit();
                }
            }
            case NEXT -> throw new IllegalStateException("not a branch");
        }
    }

    /** Calls the address on the stack, from {@code s}, behind which the region goes on. */
    private void callTo(Step s) {
        Unit next =
                region.units().stream()
                        .filter(u -> u.offset() == s.next())
                        .findFirst()
                        .orElseThrow();
        e.call(next, label(s.next()));
    }

    private void conditional(Step s) {
        e.flags.jumpIf(s.instruction().opcode & 15, wayTo(Flow.target(s)));
        edge(s.next());
    }

    /** The label to jump to for going to {@code target}, in this region or not. */
    private Label wayTo(long target) {
        int from = index;
        if (inRegion(target) && target > region.units().get(from).offset()) {
            return label((int) target);
        }
        Label way = c.newLabel();
        e.later(() -> {
            c.labelBinding(way);
            edgeFrom(from, target, null);
        });
        return way;
    }

    /** Goes to {@code target}, in this region or not. */
    private void edge(long target) {
        edgeFrom(index, target, next());
    }

    private @Nullable Integer next() {
        return index + 1 < region.units().size() ? region.units().get(index + 1).offset() : null;
    }

    /**
     * Goes to {@code target} from unit {@code from}.
     *
     * @param following offset of the unit that is emitted next, or null
     */
    private void edgeFrom(int from, long target, @Nullable Integer following) {
        if (!inRegion(target)) {
            e.exitTo(target);
            return;
        }
        int offset = (int) target;
        if (offset <= region.units().get(from).offset()) {
            e.goBack(offset, label(offset));
        } else if (following == null || following != offset) {
            c.goto_(label(offset));
        }
    }

    /** Pushes the address of offset {@code next} on the guest's stack. */
    private void push(int next) {
        e.pushGuest(() -> e.pushLinear(next));
    }

    /** Goes to the one of {@code sites} whose address is in local t1, or on if there is none. */
    private void goWhere(List<Integer> sites) {
        if (sites.isEmpty()) {
            return;
        }
        c.lload(e.t1).lload(Emitter.BASE).lsub().lstore(e.t2);
        for (int site : sites) {
            c.lload(e.t2).loadConstant((long) site).lcmp().ifeq(wayTo(site));
        }
    }

    private void indirectTarget(Instruction i) {
        e.loadRm(i, 8);
        c.lstore(e.t1);
        e.checkTarget();
    }
}
