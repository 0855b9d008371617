package xenolith.machine.translate;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.interpret.Block;
import xenolith.machine.interpret.EntryCache;
import xenolith.machine.mmu.Mmu;

/**
 * The dispatcher between regions of one processor, and what it keeps. A guest's call is a call of
 * the JVM: {@link #call} runs a nested dispatcher until RIP is behind the call. Whatever else
 * happens in between costs nothing but that the caller is not gone on with.
 */
final class Session {
    private static final int LOWER_SIZE = 1 << 12;
    private static final int UPPER_SIZE = 1 << 15;

    /** No instruction is here: not canonical. */
    static final long NOTHING = 1L << 62;

    /** No instruction is here either: what the outermost dispatcher waits for. */
    static final long NOWHERE = 1L << 61;

    /** What {@link #dispatch} returns beside {@link GuestCode#STOP}: RIP is where it shall be. */
    private static final int BACK = 4;

    /** Calls within calls: a guest's recursion must not become ours. */
    private static final int DEEPEST = 32;

    final Cpu cpu;

    private final Translator translator;
    private final Mmu mmu;

    /** Value of {@code Cpu.retired} at which it is looked what is running, and for kicks. */
    private long sample;

    private int epoch;

    /** The interpreter's blocks by linear address. */
    final EntryCache blocks;

    /** Where the code that is entered shall be translated well, or {@link #NOTHING}. */
    long promote = NOTHING;

    /** While the interpreter is to run alone, to see where it goes. */
    @Nullable Recording recording;

    /** The one that is complete, for when RIP is where it began. */
    @Nullable Recording recorded;

    /** How often translated code was entered, and how often one instruction was left over. */
    long dispatches;

    long leaves;

    /** For the lower half of the linear addresses: by address space. */
    private final @Nullable CodeMap[] lowers = new CodeMap[Mmu.ADDRESS_SPACES];

    /** For the upper half, where address spaces mostly are the same: by root. */
    private final @Nullable CodeMap[] uppers = new CodeMap[2];

    /** The ones in force. */
    private CodeMap lower;

    private CodeMap upper;

    Session(Translator translator, Cpu cpu, EntryCache blocks) {
        this.translator = translator;
        this.cpu = cpu;
        this.mmu = cpu.mmu;
        this.epoch = mmu.epoch() - 1;
        this.blocks = blocks;
        this.lower = map(lowers, 0, LOWER_SIZE);
        this.upper = map(uppers, 0, UPPER_SIZE);
    }

    private CodeMap map(@Nullable CodeMap[] maps, int index, int size) {
        CodeMap map = maps[index];
        if (map == null) {
            map = new CodeMap(cpu.mmu, size);
            maps[index] = map;
        }
        return map;
    }

    /** Takes notice of flushes and of another address space. */
    private void refresh() {
        epoch = mmu.epoch();
        lower = map(lowers, mmu.addressSpace(), LOWER_SIZE);
        lower.refresh(mmu.generation());
        upper = map(uppers, mmu.active(), UPPER_SIZE);
        upper.refresh(mmu.upperGeneration());
    }

    /** The map for {@code rip}, as of the last {@link #refresh}. */
    CodeMap map(long rip) {
        return rip < 0 ? upper : lower;
    }

    // ---- running -----------------------------------------------------------------------------

    /**
     * Runs up to {@code most} instructions, about, from RIP, in 64-bit mode; {@code Cpu.exit} tells
     * whether there is an exit.
     */
    void run(long most) {
        if (most <= translator.longest()) {
            translator.interpret(this, most);
            return;
        }
        if (epoch != mmu.epoch()) {
            refresh();
        }
        if (cpu.retired >= sample) {
            sample = cpu.retired + translator.slice();
        }
        setPause();
        dispatch(NOWHERE, 0);
    }

    /** Has all code come back early enough that none can run beyond {@code Cpu.limit}. */
    void setPause() {
        cpu.pause = Math.min(sample, cpu.limit - translator.longest());
    }

    /**
     * Runs code from RIP until RIP is {@code back} or the outermost dispatcher has to look. What
     * every piece of code waits for is short: wide code lives on the host's caches.
     *
     * @param depth of calls
     */
    private int dispatch(long back, int depth) {
        do {
            // First, as what was read before a kick is looked for would have to be read again.
            if (cpu.kicked()) {
                return GuestCode.STOP;
            }
            long left = cpu.pause - cpu.retired;
            if (left <= 0) {
                return GuestCode.STOP;
            }
            long rip = cpu.rip;
            CodeMap map = rip < 0 ? upper : lower;
            GuestCode code = map.find(rip);
            if (code == null || !code.valid() || rip == promote) {
                if (!translator.rare(this, map, back) || changed()) {
                    return GuestCode.STOP;
                }
            } else {
                long where = map.where(rip);
                dispatches++;
                int entry = CodeMap.entry(where) | depth << GuestCode.ENTRY_BITS;
                int status = enter(code, CodeMap.base(where, rip), entry, (int) left);
                if (cpu.retired >= sample) {
                    credit(code, rip);
                }
                if (status != GuestCode.GO_ON && !goesOn(status, code)) {
                    return GuestCode.STOP;
                }
            }
        } while (cpu.rip != back);
        return BACK;
    }

    /** Runs {@code code}; returns what it returns. */
    private int enter(GuestCode code, long base, int entry, int quota) {
        try {
            return code.run(this, cpu, base, entry, quota);
        } catch (GuestFault refused) {
            return DirectAccess.leave(cpu, base, cpu.site);
        }
    }

    /**
     * Takes {@code code}, which was entered at {@code rip} and is in front of the processor when a
     * slice is over, for what was run all the time.
     */
    private void credit(GuestCode code, long rip) {
        sample = cpu.retired + translator.slice();
        code.work += translator.slice();
        if (code.work > translator.promoted && code.warm) {
            // When RIP is there again.
            code.work = 0;
            code.workBefore = 0;
            promote = rip;
        }
    }

    /** Takes in that {@code block} is run by the interpreter, at RIP. */
    void record(Block block) {
        Recording now = Objects.requireNonNull(recording);
        now.add(block, cpu.rip);
        if (now.complete()) {
            recording = null;
            recorded = now;
            promote = now.start;
        }
    }

    /** Goes on after {@code code}, which did not simply end, if that is possible. */
    private boolean goesOn(int status, GuestCode code) {
        if (status == GuestCode.LEAVE) {
            leaves++;
            code.left();
            // An invalid translation may leave at an instruction that starts the limit.
            if (cpu.retired >= cpu.limit || !translator.interpret(this, 1)) {
                return false;
            }
        } else if (status == GuestCode.STOP || cpu.exit != null) {
            return false;
        }
        return !changed();
    }

    /** {@code n}, or less if there are not so many instructions left. */
    int most(int n) {
        return (int) Math.min(n, cpu.limit - cpu.retired);
    }

    /** Whether the dispatcher has to look, or something else than the next block is to be run. */
    boolean over() {
        return cpu.retired >= cpu.pause || cpu.kicked() || cpu.rip == promote || changed();
    }

    /** Whether translated code may have to be found anew, or none may be run. */
    private boolean changed() {
        return epoch != mmu.epoch()
                || cpu.mode != Cpu.MODE_64
                || cpu.breakpoints.oneByOne()
                || recording != null;
    }

    /**
     * For translated code: the guest has called {@code target}, all state is in the processor.
     *
     * @param back address behind the call
     * @param entry the caller's parameter
     * @return the quota with which the caller goes on at {@code back}; if it is negative, its
     *     complement is what the caller returns at once
     */
    int call(long target, long back, int entry, GuestCode caller) {
        cpu.rip = target;
        int depth = entry >>> GuestCode.ENTRY_BITS;
        if (depth == DEEPEST) {
            return ~GuestCode.GO_ON;
        }
        if (dispatch(back, depth + 1) == GuestCode.STOP) {
            return ~GuestCode.STOP;
        }
        long left = cpu.pause - cpu.retired;
        return left > 0 && caller.valid() ? (int) left : ~GuestCode.GO_ON;
    }

    // ---- maps --------------------------------------------------------------------------------

    /** Lets go of all code. */
    void clearMaps() {
        forEachMap(CodeMap::clear);
    }

    /** Forgets which code was found where. */
    void dropMaps() {
        forEachMap(CodeMap::drop);
    }

    private void forEachMap(Consumer<CodeMap> action) {
        for (CodeMap map : lowers) {
            if (map != null) {
                action.accept(map);
            }
        }
        for (CodeMap map : uppers) {
            if (map != null) {
                action.accept(map);
            }
        }
    }
}
