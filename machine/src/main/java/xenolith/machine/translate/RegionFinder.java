package xenolith.machine.translate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
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
 * Finds the region around a hot block: along branches and calls, first where the interpreter went
 * most often, until it is large enough.
 */
final class RegionFinder {
    /** Offsets from the base stay within this, so that they fit into a site (see Emitter). */
    private static final int REACH = (1 << Emitter.OFFSET_BITS - 1) - 4096;

    /** What lies within so many bytes belongs to one object, mostly. */
    private static final int SAME_OBJECT = 1 << 20;

    /** The part of the budget, as a divisor, for what the recording has not seen. */
    private static final int UNSEEN = 3;

    /** How much more often than others a block must have run that nothing leads to. */
    private static final int COMPANION = 10;

    private static final long PAGE = Pte.PAGE_MASK;

    /** No page has this address. */
    private static final long NO_PAGE = 1;

    private final Interpreter interpreter;
    private final Cpu cpu;
    private final long base;
    private final int budget;
    private final int least;
    private final @Nullable Recording recording;

    private final Map<Integer, Block> blocks = new LinkedHashMap<>();
    private final Map<Integer, List<Step>> steps = new HashMap<>();
    private final Map<Integer, Long> pages = new TreeMap<>();
    private final Map<Integer, List<Integer>> guesses = new HashMap<>();

    /** Where it goes on, the most frequent first. */
    private final PriorityQueue<Way> ways = new PriorityQueue<>();

    private int found;
    private int instructions;

    /** The page that bytes were taken from last, and its machine address. */
    private long lastPage = NO_PAGE;

    private long lastFrame;

    /**
     * A branch to {@code offset}.
     *
     * @param frequency how often it was taken, at most
     * @param number to take first what was found first
     */
    private record Way(int offset, long frequency, int number) implements Comparable<Way> {
        @Override
        public int compareTo(Way other) {
            int byFrequency = Long.compare(other.frequency, frequency);
            return byFrequency != 0 ? byFrequency : Integer.compare(number, other.number);
        }
    }

    private RegionFinder(
            Interpreter interpreter,
            Cpu cpu,
            int budget,
            int least,
            @Nullable Recording recording) {
        this.interpreter = interpreter;
        this.cpu = cpu;
        this.base = cpu.rip;
        this.budget = budget;
        this.least = least;
        this.recording = recording;
    }

    /**
     * The region that begins at RIP, in 64-bit mode.
     *
     * @param budget instructions it may have, about
     * @param least how often the interpreter must have run a block
     * @param recording what was run from there; without it the region is to be compiled quickly:
     *     then blocks of other translations, and callees, do not belong to it
     * @return null where nothing can be translated
     */
    static @Nullable Region find(
            Interpreter interpreter,
            Cpu cpu,
            int budget,
            int least,
            @Nullable Recording recording) {
        return new RegionFinder(interpreter, cpu, budget, least, recording).find();
    }

    private @Nullable Region find() {
        add(0, Long.MAX_VALUE);
        explore();
        if (warm() && blocks.containsKey(0)) {
            findCompanions();
        }
        if (!blocks.containsKey(0)) {
            return null;
        }
        return Region.of(blocks, steps, pages, guesses);
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
            add(rip - base, Long.MAX_VALUE);
            explore();
            if (instructions >= budget) {
                break;
            }
        }
    }

    /** Whether it is to be compiled quickly. */
    private boolean warm() {
        return recording == null;
    }

    private void add(long offset, long frequency) {
        if (Math.abs(offset) <= REACH) {
            ways.add(new Way((int) offset, frequency, found++));
        }
    }

    private void explore() {
        while (instructions < budget) {
            Way way = ways.poll();
            if (way == null || way.frequency == 0 && instructions >= budget / UNSEEN) {
                break;
            }
            visit(way.offset, way.frequency);
        }
    }

    private void visit(int offset, long most) {
        if (blocks.containsKey(offset)) {
            return;
        }
        Block block = interpreter.knownBlock(cpu, base + offset);
        if (block == null || offset != 0 && (block.frequency() < least || isElsewhere(block))) {
            return;
        }
        List<Step> decoded = decode(offset, block.instructions());
        if (decoded == null) {
            return;
        }
        blocks.put(offset, block);
        steps.put(offset, decoded);
        instructions += decoded.size();
        follow(block, decoded.get(decoded.size() - 1), frequency(offset, block, most));
    }

    /** How often {@code block} was come to by the way that was taken, at most. */
    private long frequency(int offset, Block block, long most) {
        if (recording != null) {
            return Math.min(most, recording.count(block));
        }
        return offset == 0 ? most : Math.min(most, block.frequency());
    }

    /**
     * Whether {@code block} is left to another translation: code that is to be compiled quickly is
     * compiled once.
     */
    private boolean isElsewhere(@Nullable Block block) {
        return warm() && block != null && (block.pending() || block.translation() != null);
    }

    private void follow(Block block, Step last, long frequency) {
        switch (Flow.of(last.instruction())) {
            case NEXT -> add(last.next(), frequency);
            case JUMP -> add(Flow.target(last), frequency);
            case CONDITIONAL -> {
                add(Flow.target(last), frequency);
                add(last.next(), frequency);
            }
            case CALL -> {
                add(last.next(), frequency);
                if (!warm()) {
                    add(Flow.target(last), frequency);
                }
            }
            case INDIRECT_CALL -> {
                add(last.next(), frequency);
                guess(block, last, frequency);
            }
            case RETURN, INDIRECT_JUMP -> guess(block, last, frequency);
        }
    }

    /** Goes on where the branch {@code last} of {@code block} mostly went. */
    private void guess(Block block, Step last, long frequency) {
        if (recording == null) {
            return;
        }
        List<Integer> near = new ArrayList<>();
        for (long target : recording.targets(block)) {
            // Other objects lie elsewhere in the next process.
            if (Math.abs(target) <= (base < 0 ? REACH : SAME_OBJECT)) {
                near.add((int) target);
                add(target, frequency);
            }
        }
        guesses.put(last.offset(), near);
    }

    // ---- bytes -------------------------------------------------------------------------------

    /** The {@code count} instructions at {@code offset}, or null if they cannot all be had. */
    private @Nullable List<Step> decode(int offset, int count) {
        List<Step> decoded = new ArrayList<>();
        int at = offset;
        while (decoded.size() < count) {
            if (warm() && at != offset && isElsewhere(interpreter.knownBlock(cpu, base + at))) {
                break;
            }
            Step s = decodeOne(at);
            if (s == null) {
                // An instruction that raises #UD, say, is left to the interpreter.
                return decoded.isEmpty() ? null : decoded;
            }
            decoded.add(s);
            at = s.next();
        }
        return decoded;
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
        if ((va & PAGE) != lastPage) {
            lastFrame = frame((int) ((va >> 12) - (base >> 12)), va);
            lastPage = va & PAGE;
        }
        return lastFrame | va & ~PAGE;
    }

    /** Machine address of page number {@code page}, relative to that of the base, at {@code va}. */
    private long frame(int page, long va) {
        Long mfn = pages.get(page);
        if (mfn == null) {
            long found = cpu.mmu.tryFetch(va);
            if (found < 0) {
                throw NoPage.SIGNAL;
            }
            mfn = found >>> 12;
            pages.put(page, mfn);
        }
        return mfn << 12;
    }
}
