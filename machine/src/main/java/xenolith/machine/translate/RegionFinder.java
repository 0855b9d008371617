package xenolith.machine.translate;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.CodeBytes;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;
import xenolith.machine.interpret.Block;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.ir.Op;
import xenolith.machine.lift.Lifter;

/**
 * Finds the region around a hot block: along branches, calls and returns, through blocks that were
 * run before, until it is large enough.
 */
final class RegionFinder {
    /** Offsets from the base stay within this, so that they fit into a site (see Emitter). */
    private static final int REACH = 1 << 22;

    /** How much more often than others a block must have run that nothing leads to. */
    private static final int COMPANION = 10;

    private final Interpreter interpreter;
    private final Cpu cpu;
    private final long base;
    private final int budget;
    private final int least;
    private final boolean warm;
    private final Map<Integer, Block> blocks = new LinkedHashMap<>();
    private final Map<Integer, List<Step>> steps = new HashMap<>();
    private final Map<Integer, Long> pages = new TreeMap<>();

    /** Offsets to look at: first those of the same function, then callees. */
    private final ArrayDeque<Integer> near = new ArrayDeque<>();

    private final ArrayDeque<Integer> callees = new ArrayDeque<>();
    private int instructions;

    private RegionFinder(Interpreter interpreter, Cpu cpu, int budget, int least, boolean warm) {
        this.warm = warm;
        this.interpreter = interpreter;
        this.cpu = cpu;
        this.base = cpu.rip;
        this.budget = budget;
        this.least = least;
    }

    /**
     * The region that begins at RIP, in 64-bit mode.
     *
     * @param budget instructions it may have, about
     * @param least executions a block must have seen
     * @param warm whether it is to be compiled quickly: then blocks of other translations, and
     *     callees, do not belong to it
     * @return null where nothing can be translated
     */
    static @Nullable Region find(
            Interpreter interpreter, Cpu cpu, int budget, int least, boolean warm) {
        return new RegionFinder(interpreter, cpu, budget, least, warm).find();
    }

    private @Nullable Region find() {
        near.add(0);
        explore();
        if (warm && blocks.containsKey(0)) {
            findCompanions();
        }
        if (!blocks.containsKey(0)) {
            return null;
        }
        return Region.of(blocks, steps, pages);
    }

    /**
     * Adds what else in this page will be translated soon, as far as there is room: a class costs
     * as much as dozens of instructions in it.
     */
    private void findCompanions() {
        if (instructions >= budget) {
            return;
        }
        for (long rip : interpreter.oftenRun(cpu, base, COMPANION * least)) {
            near.add((int) (rip - base));
            explore();
        }
    }

    private void explore() {
        while (instructions < budget) {
            Integer offset = near.poll();
            if (offset == null) {
                offset = callees.poll();
            }
            if (offset == null) {
                break;
            }
            visit(offset);
        }
    }

    private void visit(int offset) {
        if (blocks.containsKey(offset) || Math.abs(offset) > REACH) {
            return;
        }
        Block block = interpreter.knownBlock(cpu, base + offset);
        if (block == null
                || offset != 0 && block.executions() < least && block.translation() == null) {
            return;
        }
        if (offset != 0 && isElsewhere(block)) {
            return;
        }
        List<Step> found = decode(offset, block.instructions());
        if (found == null) {
            return;
        }
        blocks.put(offset, block);
        steps.put(offset, found);
        instructions += found.size();
        follow(found.get(found.size() - 1));
    }

    /**
     * Whether {@code block} is left to another translation: code that is to be compiled quickly is
     * compiled once.
     */
    private boolean isElsewhere(@Nullable Block block) {
        return warm && block != null && (block.pending() || block.translation() != null);
    }

    private void follow(Step last) {
        switch (Flow.of(last.instruction())) {
            case NEXT, INDIRECT_CALL -> near.add(last.next());
            case JUMP -> add(near, Flow.target(last));
            case CONDITIONAL -> {
                add(near, Flow.target(last));
                near.add(last.next());
            }
            case CALL -> {
                near.add(last.next());
                if (!warm) {
                    add(callees, Flow.target(last));
                }
            }
            case RETURN, INDIRECT_JUMP -> {}
        }
    }

    private static void add(ArrayDeque<Integer> to, long offset) {
        if (Math.abs(offset) <= REACH) {
            to.add((int) offset);
        }
    }

    // ---- bytes -------------------------------------------------------------------------------

    /** The {@code count} instructions at {@code offset}, or null if they cannot all be had. */
    private @Nullable List<Step> decode(int offset, int count) {
        List<Step> found = new ArrayList<>();
        int at = offset;
        while (found.size() < count) {
            if (warm && at != offset && isElsewhere(interpreter.knownBlock(cpu, base + at))) {
                break;
            }
            Step s = decodeOne(at);
            if (s == null) {
                // An instruction that raises #UD, say, is left to the interpreter.
                return found.isEmpty() ? null : found;
            }
            found.add(s);
            at = s.next();
        }
        return found;
    }

    private @Nullable Step decodeOne(int offset) {
        CodeBytes bytes = n -> (int) cpu.memory.get8(maddr(offset + n));
        try {
            Instruction i = Decoder.decode(bytes, Cpu.MODE_64, offset);
            Op op = Lifter.lift(i);
            return op == null ? null : new Step(i, op, offset);
        } catch (DecodeException | NoPage e) {
            return null;
        }
    }

    /** Signals that a page cannot be fetched from. */
    private static final class NoPage extends RuntimeException {
        private static final long serialVersionUID = 1L;
        static final NoPage SIGNAL = new NoPage();

        private NoPage() {
            super(null, null, false, false);
        }
    }

    private long maddr(int offset) {
        long va = base + offset;
        int page = (int) ((va >> 12) - (base >> 12));
        Long mfn = pages.get(page);
        if (mfn == null) {
            long found = cpu.mmu.tryFetch(va);
            if (found < 0) {
                throw NoPage.SIGNAL;
            }
            mfn = found >>> 12;
            pages.put(page, mfn);
        }
        return mfn << 12 | va & 4095;
    }
}
