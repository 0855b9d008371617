package xenolith.machine.translate;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.CpuState;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Access;
import xenolith.machine.oracle.RandomInstruction;

/**
 * The same random program on two machines, one with the interpreter. They stop at the same counts
 * of instructions, by limits, kicks and exits, must then be in the same state, and may be changed
 * from outside before they go on.
 */
final class Duel implements AutoCloseable {
    static final long DATA = 0x40_0000;
    static final long COUNTER = DATA + 0x3ff0;
    static final long TABLE = DATA + 0x3800;
    static final long READ_ONLY = 0x40_4000;
    static final long HOLE = 0x40_5000;
    static final long SUPERVISOR = 0x40_6000;
    static final long CODE = 0x41_0000;

    /** The frames of {@link #CODE} at another address. */
    static final long ALIAS = 0x42_0000;

    static final long STACK = 0x43_0000;
    static final long END = 0x43_2000;

    /** Instructions after a kick in which an engine must have come back. */
    private static final long SOON = 100_000;

    private final RandomInstruction.Forms forms;
    private final Side expected = new Side(Interpreter::new);
    private final Side found;
    private final List<Side> sides;
    private SplittableRandom random = new SplittableRandom(0);

    /** Where a run is cut short, to find the instruction that differs: a stop and a length. */
    private int cutStop = -1;

    private int cutLength;

    private long faults;

    /** Which programs, and how they are made. */
    record Setting(Program.Kind kind, boolean wide, int stops) {}

    Duel(Function<MachineMemory, Engine> engines, RandomInstruction.Forms forms) {
        this.forms = forms;
        this.found = new Side(engines);
        this.sides = List.of(expected, found);
    }

    /** The two machines' difference at a stop. */
    static final class Difference extends Exception {
        private static final long serialVersionUID = 1L;

        /** Number of the stop, and instructions to it, of which no more were wanted. */
        final int stop;

        final int length;

        Difference(int stop, int length, String message) {
            super(message);
            this.stop = stop;
            this.length = length;
        }
    }

    /** Makes the run to stop number {@code stop} one of {@code length} instructions at most. */
    void cut(int stop, int length) {
        cutStop = stop;
        cutLength = length;
    }

    /**
     * Runs the program of {@code seed}; answers its number of blocks.
     *
     * @throws Difference at the first stop where the machines differ
     */
    int run(Setting setting, long seed) throws Difference {
        return runTo(setting, seed, setting.stops - 1);
    }

    /** As {@link #run}, to stop number {@code last}. */
    int runTo(Setting setting, long seed, int last) throws Difference {
        Program program = Program.make(setting, seed, forms);
        random = new SplittableRandom(~seed);
        for (Side side : sides) {
            side.load(program, seed);
        }
        restart(program);
        for (int stop = 0; stop <= last; stop++) {
            int length = length();
            if (stop == cutStop) {
                length = Math.min(length, cutLength);
            }
            long from = expected.cpu.retired;
            long rip = expected.cpu.rip;
            List<String> differences = new ArrayList<>();
            Exit exit = step(length, differences);
            differences.addAll(differences());
            if (!differences.isEmpty()) {
                throw new Difference(
                        stop,
                        length,
                        "seed %d, stop %d, %d instructions from %x to %x [%s]: %s%n%s"
                                .formatted(
                                        seed,
                                        stop,
                                        expected.cpu.retired - from,
                                        rip,
                                        expected.cpu.rip,
                                        codeAtRip(),
                                        exit,
                                        String.join("\n", differences)));
            }
            goOn(program, exit);
        }
        return program.blocks();
    }

    private int length() {
        return switch (random.nextInt(6)) {
            case 0 -> 1 + random.nextInt(4);
            case 1, 2 -> 1 + random.nextInt(60);
            case 3 -> 1 + random.nextInt(4000);
            default -> 1 + random.nextInt(700);
        };
    }

    /** Runs both to the same count, or exit. */
    private Exit step(long instructions, List<String> differences) {
        long limit = expected.cpu.retired + instructions;
        if (random.nextInt(16) == 0) {
            found.cpu.kick();
        }
        found.kickOnTime = random.nextInt(4) == 0;
        found.kickedAt = -1;
        int kicks = found.cpu.kicksTaken();
        Exit second = found.run(limit);
        boolean kicked = found.cpu.kicksTaken() != kicks;
        if (!kicked) {
            found.cpu.takeKick();
        }
        if (found.kickedAt >= 0 && found.cpu.retired - found.kickedAt > SOON) {
            differences.add("a kick was not taken for a long time");
        }
        if (kicked && found.cpu.retired == expected.cpu.retired) {
            return second;
        }
        Exit first = expected.run(kicked ? Math.min(limit, found.cpu.retired) : limit);
        // A kick may come where the next instruction cannot be fetched.
        if (!kicked && !same(first, second)) {
            differences.add("exit: expected %s, found %s".formatted(first, second));
        }
        return first;
    }

    /** Where the processors are. */
    long rip() {
        return expected.cpu.rip;
    }

    /** The 16 bytes of code at the processors' RIP, if it is in the pages of code. */
    String codeAtRip() {
        byte[] bytes = new byte[16];
        for (int i = 0; i < bytes.length; i++) {
            long maddr = expected.cpu.mmu.tryTranslate(expected.cpu.rip + i, Access.EXECUTE);
            if (maddr >= 0) {
                bytes[i] = (byte) expected.memory.get8(maddr);
            }
        }
        return HexFormat.of().formatHex(bytes);
    }

    /** Instructions that were run so far. */
    long instructions() {
        return expected.cpu.retired;
    }

    /** How often a program was ended by a fault so far. */
    long faults() {
        return faults;
    }

    private static boolean same(Exit a, Exit b) {
        return a instanceof Exit.Privileged p && b instanceof Exit.Privileged q
                ? p.instruction().opcode == q.instruction().opcode
                        && p.instruction().length == q.instruction().length
                : a.equals(b);
    }

    private List<String> differences() {
        List<String> all = new ArrayList<>(CpuState.differences(expected.cpu, found.cpu));
        for (long mfn = 0; mfn < expected.memory.frames(); mfn++) {
            long at = expected.frame(mfn).mismatch(found.frame(mfn));
            if (at >= 0) {
                long maddr = (mfn << 12) + at;
                all.add(
                        "machine memory %x (page %x): expected %x, found %x"
                                .formatted(
                                        maddr,
                                        DATA + ((mfn - 16 ^ 1) << 12),
                                        expected.memory.get8(maddr),
                                        found.memory.get8(maddr)));
            }
        }
        return all;
    }

    // ---- between two runs --------------------------------------------------------------------

    private void restart(Program program) {
        int[] entries = program.entries();
        long rip =
                (random.nextInt(3) == 0 ? ALIAS : CODE) + entries[random.nextInt(entries.length)];
        long seed = random.nextLong();
        for (Side side : sides) {
            side.restart(rip, new SplittableRandom(seed));
        }
    }

    private void goOn(Program program, Exit exit) {
        switch (exit) {
            case Exit.Simple.TIME_UP -> {
                if (random.nextInt(30) == 0) {
                    restart(program);
                } else if (random.nextInt(4) == 0) {
                    perturb();
                }
            }
            case Exit.Simple.SYSCALL -> {}
            case Exit.Simple.CPUID -> advance(2);
            case Exit.SoftwareInterrupt s -> advance(s.length());
            case Exit.Privileged p -> advance(p.instruction().length);
            case Exit.Fault f when f.vector() == Vector.DB -> {}
            default -> {
                faults++;
                restart(program);
            }
        }
        for (Side side : sides) {
            side.cpu.pauses = 0;
        }
    }

    private void advance(int bytes) {
        for (Side side : sides) {
            side.cpu.rip += bytes;
        }
    }

    /** Something happens between two instructions: to both. */
    private void perturb() {
        int what = random.nextInt(11);
        int data = random.nextInt(4);
        int code = Side.page(CODE) + random.nextInt(4);
        long value = random.nextLong();
        for (Side side : sides) {
            Cpu cpu = side.cpu;
            switch (what) {
                case 0 -> cpu.mmu.flush();
                case 1 -> cpu.mmu.flushPage(DATA + ((long) data << 12));
                case 2 -> side.map(data, Side.frame(data), Pte.P | Pte.U | (value & Pte.RW));
                case 3 -> {
                    long entry = side.entry(data);
                    long other = side.entry(data ^ 1);
                    side.map(data, Pte.mfn(other), other & 0xfff);
                    side.map(data ^ 1, Pte.mfn(entry), entry & 0xfff);
                }
                case 4 -> side.map(data, Side.frame(data), (value & 1) == 0 ? 0 : 0x67);
                case 5 -> cpu.mxcsr = 0x1f80 | (int) value & 0xe000;
                case 6 -> cpu.fpu.setControl(0x37f | (int) value & 0xc00);
                case 7 -> cpu.systemFlags |= (value & 7) == 0 ? Rflags.TF : Rflags.AC;
                case 8 -> {
                    // As a device would: a byte of code, back again the next time.
                    long maddr = (Side.frame(code) << 12) + (value & 0xfff);
                    side.memory.put8(maddr, side.memory.get8(maddr) ^ 8);
                }
                case 9 -> {
                    int alias = Side.page(ALIAS) + (code & 3);
                    side.map(alias, Side.frame(Side.page(CODE) + (int) (value & 3)), 0x67);
                }
                default -> cpu.setStatusFlags((int) value & 0x8d5);
            }
            if (what != 7) {
                cpu.systemFlags &= ~Rflags.TF;
            }
        }
    }

    @Override
    public void close() {
        expected.close();
        found.close();
    }
}
