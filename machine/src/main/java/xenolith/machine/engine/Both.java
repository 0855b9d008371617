package xenolith.machine.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.TimeStampCounter;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.StoreJournal;

/**
 * Two engines that must agree: each piece of code runs in one, is taken back, runs in the other,
 * and all that it changed is compared. The first difference is saved as a {@link Scene} and thrown.
 */
public final class Both implements Engine {
    /** Instructions that a piece has at most. */
    private static final int LONGEST = 5000;

    private static final long[] NO_WORDS = {};

    /** Lines of a report about memory. */
    private static final int MOST_LINES = 40;

    private final Engine tested;
    private final Engine oracle;
    private final Path folder;
    private final SplittableRandom random;
    private final StoreJournal foundJournal;
    private final StoreJournal expectedJournal;
    private final Cpu before;
    private final Cpu first;
    private final TimeTape tape = new TimeTape(c -> 0);
    private long pieces;

    /**
     * Runs {@code tested} against {@code oracle}, both on {@code memory}.
     *
     * @param seed of the lengths of pieces
     * @param folder where a difference is saved
     */
    public Both(MachineMemory memory, Engine tested, Engine oracle, long seed, Path folder) {
        this.tested = tested;
        this.oracle = oracle;
        this.folder = folder;
        this.random = new SplittableRandom(seed);
        this.foundJournal = new StoreJournal(memory);
        this.expectedJournal = new StoreJournal(memory);
        this.before = new Cpu(memory, tape);
        this.first = new Cpu(memory, tape);
    }

    /** Number of pieces that were run in both so far. */
    public long pieces() {
        return pieces;
    }

    @Override
    public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
        return oracle.captureStore(cpu, vaddr);
    }

    @Override
    public void forget(Cpu cpu) {
        tested.forget(cpu);
        oracle.forget(cpu);
    }

    @Override
    public Exit run(Cpu cpu) {
        long limit = cpu.limit;
        TimeStampCounter tsc = cpu.tsc;
        int kicks = cpu.kicksTaken();
        cpu.tsc = tape;
        try {
            while (true) {
                cpu.limit = Math.min(limit, cpu.retired + 1 + random.nextInt(LONGEST));
                Exit exit = piece(cpu, tsc);
                boolean ended =
                        exit != Exit.Simple.TIME_UP
                                || cpu.retired >= limit
                                || cpu.kicksTaken() != kicks
                                || cpu.pauses >= Cpu.SPINNING;
                if (ended) {
                    return exit;
                }
            }
        } finally {
            cpu.tsc = tsc;
            cpu.limit = limit;
        }
    }

    private Exit piece(Cpu cpu, TimeStampCounter tsc) {
        pieces++;
        CpuState.copy(cpu, before);
        tape.record(tsc);
        cpu.mmu.startJournal(foundJournal);
        int kicks = cpu.kicksTaken();
        Exit found = tested.run(cpu);
        boolean kicked = cpu.kicksTaken() != kicks;
        if (kicked && cpu.retired == before.retired) {
            cpu.mmu.endJournal();
            return found;
        }
        Map<Long, long[]> stored = foundJournal.now();
        CpuState.copy(cpu, first);
        takeBack(cpu);

        tape.play();
        cpu.mmu.startJournal(expectedJournal);
        if (kicked) {
            cpu.limit = first.retired;
        }
        Exit expected = oracleRun(cpu);
        List<String> differences = CpuState.differences(cpu, first);
        // A kick may come anywhere, also where the next instruction cannot be fetched.
        if (!kicked && !same(expected, found)) {
            differences.add("exit: expected " + expected + ", found " + found);
        }
        if (!tape.agrees()) {
            differences.add("RDTSC: read at other counts of instructions");
        }
        compareStores(stored, differences);
        if (!differences.isEmpty()) {
            throw differs(cpu, differences);
        }
        cpu.mmu.endJournal();
        return kicked ? found : expected;
    }

    private void takeBack(Cpu cpu) {
        if (cpu.cpl != before.cpl) {
            cpu.mmu.setUser(cpu.mmu.active(), before.cpl == 3);
        }
        cpu.mmu.takeBackStores();
        CpuState.copy(before, cpu);
    }

    /** Runs to the limit, whoever kicks. */
    private Exit oracleRun(Cpu cpu) {
        while (true) {
            int kicks = cpu.kicksTaken();
            Exit exit = oracle.run(cpu);
            if (cpu.kicksTaken() == kicks || cpu.retired >= cpu.limit) {
                return exit;
            }
        }
    }

    private static boolean same(Exit a, Exit b) {
        if (a instanceof Exit.Privileged p && b instanceof Exit.Privileged q) {
            return p.instruction().length == q.instruction().length
                    && p.instruction().map == q.instruction().map
                    && p.instruction().opcode == q.instruction().opcode
                    && p.instruction().immediate == q.instruction().immediate;
        }
        return a.equals(b);
    }

    private void compareStores(Map<Long, long[]> stored, List<String> differences) {
        TreeSet<Long> frames = new TreeSet<>(stored.keySet());
        frames.addAll(expectedJournal.before().keySet());
        long[] expected = new long[MachineMemory.FRAME_SIZE / 8];
        for (Long mfn : frames) {
            // What only the oracle stored to is as it was before, in the engine under test.
            long[] untouched = expectedJournal.before().getOrDefault(mfn, NO_WORDS);
            long[] found = stored.getOrDefault(mfn, untouched);
            expectedJournal.contents(mfn, expected);
            for (int i = Arrays.mismatch(expected, found); i >= 0 && i < expected.length; i++) {
                if (expected[i] != found[i] && differences.size() < MOST_LINES) {
                    differences.add(
                            "memory %x: expected %x, found %x"
                                    .formatted((mfn << 12) + 8L * i, expected[i], found[i]));
                }
            }
        }
    }

    /** Goes back to the begin of the piece, notes what it needs, and saves that. */
    private IllegalStateException differs(Cpu cpu, List<String> differences) {
        takeBack(cpu);
        long instructions = before.limit - before.retired;
        Set<Long> pages = new TreeSet<>();
        for (Engine engine : List.of(oracle, tested)) {
            cpu.mmu.flush();
            tape.play();
            cpu.mmu.startJournal(foundJournal);
            engine.run(cpu);
            pages.addAll(foundJournal.walked());
            takeBack(cpu);
        }
        String text = Scene.of(cpu, instructions, pages).write(differences);
        Path file =
                folder.resolve("engines-differ-%x-%d.scene".formatted(before.rip, before.retired));
        String where;
        try {
            where = "saved in " + Files.writeString(file, text).toAbsolutePath();
        } catch (IOException e) {
            where = "cannot be saved: " + e;
        }
        return new IllegalStateException(
                "the engines differ (" + where + "): " + String.join("; ", differences));
    }
}
