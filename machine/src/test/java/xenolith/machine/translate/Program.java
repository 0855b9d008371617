package xenolith.machine.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import xenolith.machine.oracle.RandomInstruction;
import xenolith.machine.translate.CodeWriter.Rm;

/**
 * Random code of a few pages: routines of basic blocks with loops, calls, jumps through registers
 * and tables, and, if wished, stores into itself.
 *
 * @param wide 64-bit code
 * @param entries offsets of the blocks of the main routine
 * @param routines offsets of the other routines
 * @param blocks number of basic blocks
 */
record Program(byte[] code, boolean wide, int[] entries, int[] routines, int blocks) {
    static final int SIZE = 4 * 4096;

    /** Room that a block needs at most. */
    private static final int ROOM = 1500;

    /** What may be in a program. */
    enum Kind {
        /** One block without branches in it. */
        STRAIGHT,
        /** Control flow. */
        GRAPH,
        /** Control flow that stores into its own code. */
        MODIFYING
    }

    /** The program that follows from {@code seed}. */
    static Program make(Duel.Setting setting, long seed, RandomInstruction.Forms forms) {
        return new Maker(setting.kind(), setting.wide(), new SplittableRandom(seed), forms).make();
    }

    /** What can be stored into code, by where. */
    private enum Patch {
        IMMEDIATE,
        INCREMENT,
        CONDITION,
        SLED
    }

    private record Fixup(int at, int size, int label) {}

    private record Store(int at, Patch patch) {}

    private static final class Maker {
        private static final long[] SLEDS = {
            0x9090_9090L, 0x0040_1f0fL, 0xc8ff_c0ffL, 0x9001_c083L, 0x9090_9066L, 0x90c1_8966L
        };

        private static final List<Patch> PATCHES = List.of(Patch.values());

        private final Kind kind;
        private final CodeWriter w;
        private final InstructionMix mix;
        private final List<Integer> starts = new ArrayList<>();
        private final List<Fixup> fixups = new ArrayList<>();
        private final List<Store> stores = new ArrayList<>();
        private final Map<Patch, List<Integer>> patches = new EnumMap<>(Patch.class);
        private final List<Integer> routineStarts = new ArrayList<>();
        private int routineLabels;

        Maker(Kind kind, boolean wide, SplittableRandom random, RandomInstruction.Forms forms) {
            this.kind = kind;
            this.w = new CodeWriter(Duel.CODE, SIZE, wide);
            this.mix = new InstructionMix(w, random, forms);
        }

        Program make() {
            if (kind == Kind.STRAIGHT) {
                return straight();
            }
            w.at = mix.oneIn(2) ? mix.below(64) : 4096 - mix.below(200);
            int routines = mix.below(4);
            routineLabels = routines;
            for (int i = 0; i < routines; i++) {
                starts.add(-1);
            }
            sled();
            int first = starts.size();
            routine(2 + mix.below(12), -1);
            int end = starts.size();
            for (int i = 0; i < routines; i++) {
                starts.set(i, w.at);
                routineStarts.add(w.at);
                routine(1 + mix.below(4), i);
            }
            finish();
            return new Program(
                    w.code,
                    w.wide,
                    starts.subList(first, end).stream().mapToInt(Integer::intValue).toArray(),
                    routineStarts.stream().mapToInt(Integer::intValue).toArray(),
                    starts.size());
        }

        private Program straight() {
            w.at = mix.oneIn(3) ? 4096 - mix.below(100) : mix.below(4096);
            int start = w.at;
            int n = 1 + mix.below(24);
            for (int i = 0; i < n; i++) {
                mix.any();
            }
            jump(start);
            return new Program(w.code, w.wide, new int[] {start}, new int[0], 1);
        }

        private void jump(int to) {
            w.bytes(0xe9);
            w.number(to - (w.at + 4L), 4);
        }

        // ---- routines --------------------------------------------------------------------

        /** Blocks from the next label on; {@code number} of the routine, or -1: main. */
        private void routine(int blocks, int number) {
            boolean frame = number >= 0 && mix.oneIn(3);
            if (frame) {
                mix.push(InstructionMix.RBP);
                int opcode = 0x89;
                w.instruction(
                        0,
                        w.wide ? 8 : 4,
                        opcode,
                        InstructionMix.RSP,
                        Rm.register(InstructionMix.RBP));
                w.instruction(0, w.wide ? 8 : 4, 0x83, 5, Rm.register(4), 1, 8L * mix.below(5));
            }
            int first = starts.size();
            for (int i = 0; i < blocks; i++) {
                starts.add(-1);
            }
            for (int i = 0; i < blocks; i++) {
                block(first, blocks, i, number);
            }
            if (number < 0) {
                jump(starts.get(first));
            } else {
                w.bytes(frame ? 0xc9 : 0x90, 0xc3);
            }
        }

        private void block(int first, int count, int i, int number) {
            if (mix.oneIn(8)) {
                skipToPageEnd();
            }
            boolean loop = mix.oneIn(4);
            if (loop) {
                setCounter();
            }
            starts.set(first + i, w.at);
            int n = w.left() < 2 * ROOM ? 0 : mix.below(7);
            for (int k = 0; k < n; k++) {
                body();
            }
            if (loop) {
                count(first + i);
            } else {
                terminator(first, count, number);
            }
        }

        private void body() {
            if (kind == Kind.MODIFYING && mix.oneIn(5)) {
                modify();
            } else if (mix.oneIn(9)) {
                hammock();
            } else {
                mix.any();
            }
        }

        /** A branch over a few instructions. */
        private void hammock() {
            patches.computeIfAbsent(Patch.CONDITION, p -> new ArrayList<>()).add(w.at);
            w.bytes(0x70 | mix.below(16), 0);
            int from = w.at;
            mix.any();
            if (w.at - from > 127) {
                w.at = from;
            }
            w.code[from - 1] = (byte) (w.at - from);
        }

        private void skipToPageEnd() {
            int end = (w.at + 4096 + 40 & -4096) - 1 - mix.below(24);
            if (SIZE - end > 2 * ROOM && end > w.at + 8) {
                jump(end);
                w.at = end;
            }
        }

        private void setCounter() {
            if (w.wide && mix.oneIn(2)) {
                w.load(InstructionMix.COUNTER, 1 + mix.below(30));
            } else {
                Rm counter = Rm.absolute(Duel.COUNTER);
                w.instruction(0, 4, 0xc7, 0, counter, 4, 1 + mix.below(30));
            }
        }

        /** Counts down, and jumps to {@code label} while not at 0. */
        private void count(int label) {
            if (w.wide && mix.oneIn(2)) {
                Rm counter = Rm.register(InstructionMix.COUNTER);
                if (mix.oneIn(2)) {
                    w.instruction(0, 4, 0xff, 1, counter);
                } else {
                    w.instruction(0, 8, 0x83, 5, counter, 1, 1);
                }
                branch(mix.oneIn(3) ? 0x7 : 0x5, label);
            } else {
                w.instruction(0, 4, 0xff, 1, Rm.absolute(Duel.COUNTER));
                branch(mix.oneIn(3) ? 0xf : 0x5, label);
            }
        }

        private void terminator(int first, int count, int number) {
            int label = first + mix.below(count);
            switch (mix.below(12)) {
                case 0, 1, 2, 3 -> branch(mix.below(16), label);
                case 4 -> {
                    mix.any();
                    int size = w.wide && mix.oneIn(2) ? 8 : 4;
                    w.instruction(0, size, 0x39, mix.free(), Rm.register(mix.free()));
                    branch(mix.below(16), label);
                }
                case 5 -> {
                    w.bytes(0xe9);
                    fixup(4, label);
                }
                case 6, 7 -> call(number);
                case 8 -> throughTable(4, Duel.TABLE, number < 0);
                case 9 -> throughTable(2, Duel.TABLE + 64, number < 0);
                case 10 -> shortLoop(label);
                default -> {}
            }
        }

        private void branch(int condition, int label) {
            int start = starts.get(label);
            if (start >= 0 && w.at + 2 - start <= 128 && !mix.oneIn(5)) {
                patches.computeIfAbsent(Patch.CONDITION, p -> new ArrayList<>()).add(w.at);
                w.bytes(0x70 | condition, start - (w.at + 2));
            } else {
                w.bytes(0x0f, 0x80 | condition);
                fixup(4, label);
            }
        }

        /** LOOP, LOOPE, LOOPNE or JRCXZ. */
        private void shortLoop(int label) {
            int start = starts.get(label);
            if (start >= 0 && w.at + 2 - start <= 128) {
                if (mix.oneIn(2)) {
                    w.instruction(0, 4, 0x83, 4, Rm.register(InstructionMix.RCX), 1, 15);
                }
                w.bytes(0xe0 | mix.below(4), start - (w.at + 2));
            }
        }

        /** Routines call only those behind them. */
        private void call(int number) {
            int others = routineLabels - (number + 1);
            if (others > 0) {
                int routine = number + 1 + mix.below(others);
                if (mix.oneIn(4) && starts.get(routine) >= 0) {
                    w.load(InstructionMix.RAX, Duel.CODE + starts.get(routine));
                    w.bytes(0xff, 0xd0);
                } else {
                    w.bytes(0xe8);
                    fixup(4, routine);
                }
            }
        }

        /** JMP (4) or CALL (2) through the table at {@code table}. */
        private void throughTable(int extension, long table, boolean allowed) {
            if (!allowed || extension == 2 && routineLabels == 0) {
                return;
            }
            int index = w.wide ? InstructionMix.INDEX : InstructionMix.RDX;
            w.instruction(0, 4, 0x83, 4, Rm.register(index), 1, 7);
            Rm entry = Rm.indexed(-1, index, w.wide ? 3 : 2, table);
            if (mix.oneIn(2)) {
                w.instruction(0, 4, 0xff, extension, entry);
            } else {
                w.instruction(0, w.wide ? 8 : 4, 0x8b, InstructionMix.RAX, entry);
                w.bytes(0xff, 0xc0 | extension << 3);
            }
        }

        private void fixup(int size, int label) {
            fixups.add(new Fixup(w.at, size, label));
            w.number(0, size);
        }

        // ---- code that changes ------------------------------------------------------------

        private void point(Patch patch, int at) {
            patches.computeIfAbsent(patch, p -> new ArrayList<>()).add(at);
        }

        private void sled() {
            point(Patch.SLED, w.at);
            w.number(SLEDS[mix.below(SLEDS.length)], 4);
            w.number(SLEDS[mix.below(SLEDS.length)], 4);
        }

        private void target(Patch patch) {
            switch (patch) {
                case IMMEDIATE -> {
                    w.bytes(0xb8 | mix.below(3));
                    point(Patch.IMMEDIATE, w.at);
                    w.number(mix.value(), 4);
                }
                case INCREMENT -> {
                    w.bytes(0xff);
                    point(Patch.INCREMENT, w.at);
                    w.bytes(0xc0 | mix.below(2) << 3 | mix.below(3));
                }
                case CONDITION -> hammock();
                case SLED -> sled();
            }
        }

        private void modify() {
            Patch patch = PATCHES.get(mix.below(PATCHES.size()));
            switch (mix.below(3)) {
                case 0 -> target(patch);
                case 1 -> store(patch);
                default -> {
                    // Into the very next instruction.
                    int index = stores.size();
                    store(patch);
                    Store s = stores.remove(index);
                    int next = w.at;
                    target(patch);
                    List<Integer> points = patches.getOrDefault(patch, List.of());
                    int at = points.stream().filter(p -> p >= next).findFirst().orElse(next);
                    w.patch(s.at, address(at), 4);
                }
            }
        }

        private long address(int offset) {
            return (mix.oneIn(3) ? Duel.ALIAS : Duel.CODE) + offset;
        }

        private void store(Patch patch) {
            switch (patch) {
                case IMMEDIATE -> {
                    if (mix.oneIn(2)) {
                        w.instruction(0, 4, 0x89, mix.free(), Rm.absolute(Duel.CODE));
                        stores.add(new Store(w.at - 4, patch));
                    } else {
                        w.instruction(0, 4, 0x83, 0, Rm.absolute(Duel.CODE), 1, 1);
                        stores.add(new Store(w.at - 5, patch));
                    }
                }
                case INCREMENT, CONDITION -> {
                    int bit = patch == Patch.INCREMENT ? 8 : 1;
                    int lock = mix.oneIn(4) ? CodeWriter.LOCK : 0;
                    w.instruction(lock, 1, 0x80, 6, Rm.absolute(Duel.CODE), 1, bit);
                    stores.add(new Store(w.at - 5, patch));
                }
                case SLED -> {
                    long high = SLEDS[mix.below(SLEDS.length)];
                    w.load(InstructionMix.RAX, high << 32 | SLEDS[mix.below(SLEDS.length)]);
                    int size = w.wide && mix.oneIn(2) ? 8 : 4;
                    w.instruction(0, size, 0x89, InstructionMix.RAX, Rm.absolute(Duel.CODE));
                    stores.add(new Store(w.at - 4, patch));
                }
            }
        }

        private void finish() {
            for (Fixup f : fixups) {
                w.patch(f.at, starts.get(f.label) - (f.at + 4L), f.size);
            }
            for (Store s : stores) {
                List<Integer> points = patches.getOrDefault(s.patch, List.of(0));
                w.patch(s.at, address(points.get(mix.below(points.size()))), 4);
            }
        }
    }

    @Override
    public boolean equals(Object o) {
        return this == o;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(code);
    }

    @Override
    public String toString() {
        return blocks + " blocks, entries " + Arrays.toString(entries);
    }
}
