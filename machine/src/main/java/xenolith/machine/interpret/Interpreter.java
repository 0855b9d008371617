package xenolith.machine.interpret;

import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Breakpoints;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.ir.Op;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * The interpreter: blocks of operations, one object an instruction. One a machine; each run works
 * on the processor it is given.
 */
public final class Interpreter implements Engine {
    private final CodeCache code;
    private final BlockBuilder builder;
    private final IdentityHashMap<Cpu, EntryCache> entries = new IdentityHashMap<>();

    /** The one of {@link #entries} that was looked for last. */
    private volatile @Nullable EntryCache latest;

    public Interpreter(MachineMemory memory) {
        this.code = new CodeCache(memory);
        this.builder = new BlockBuilder(code);
    }

    private EntryCache entriesOf(Cpu cpu) {
        EntryCache cache = latest;
        return cache != null && cache.isOf(cpu) ? cache : findEntries(cpu);
    }

    private EntryCache findEntries(Cpu cpu) {
        synchronized (entries) {
            EntryCache cache = entries.computeIfAbsent(cpu, c -> new EntryCache(c, code, builder));
            latest = cache;
            return cache;
        }
    }

    @Override
    public Exit run(Cpu cpu) {
        EntryCache cache = entriesOf(cpu);
        cpu.exit = null;
        while (true) {
            Exit exit = step(cpu, cache);
            if (exit != null) {
                return exit;
            }
        }
    }

    /** Runs blocks until an exit, or until a block has to be left early (null). */
    private @Nullable Exit step(Cpu cpu, EntryCache cache) {
        try {
            return runBlocks(cpu, cache);
        } catch (GuestFault f) {
            // Only fetching faults arrive here: RIP is at the instruction.
            return new Exit.Fault(f.vector, f.errorCode, f.address);
        }
    }

    @Override
    public void forget(Cpu cpu) {
        synchronized (entries) {
            entries.remove(cpu);
            latest = null;
        }
        code.unregister(cpu.mmu);
    }

    /** The blocks of {@code cpu} by linear address. */
    public EntryCache blocksOf(Cpu cpu) {
        return entriesOf(cpu);
    }

    /**
     * The block at linear address {@code rip}, if it was ever run and its page can be fetched from.
     */
    public @Nullable Block knownBlock(Cpu cpu, long rip) {
        long maddr = cpu.mmu.tryFetch(rip);
        if (maddr < 0) {
            return null;
        }
        CodePage page = code.page(maddr >>> 12, cpu.mode);
        int offset = (int) maddr & 4095;
        if (!page.crosses(offset)) {
            return page.find(offset);
        }
        long next = cpu.mmu.tryFetch((rip | 4095) + 1);
        return next < 0 ? null : page.findCrossing(offset, next >>> 12);
    }

    /**
     * Addresses of the blocks in the page of {@code rip}, which can be fetched from, that were run
     * {@code least} times or more; without those that go on in the next page.
     */
    public List<Long> oftenRun(Cpu cpu, long rip, int least) {
        long maddr = cpu.mmu.tryFetch(rip);
        return code.page(maddr >>> 12, cpu.mode).oftenRun(least).stream()
                .map(offset -> (rip & -4096L) + offset)
                .toList();
    }

    /**
     * Executes the first {@code n} instructions of {@code block}, which is the one at RIP; null to
     * go on at RIP.
     */
    public @Nullable Exit runBlock(Cpu cpu, Block block, int n) {
        block.executions++;
        return cpu.breakpoints.oneByOne() ? executeOne(cpu, block) : execute(cpu, block, n);
    }

    /**
     * Executes the first operation of {@code block} with an eye on the debug registers: breakpoints
     * on code come before it, traps after it.
     */
    private static @Nullable Exit executeOne(Cpu cpu, Block block) {
        Breakpoints breakpoints = cpu.breakpoints;
        int met = breakpoints.onCode();
        if (met != 0) {
            breakpoints.abandon();
            return debug(cpu, met);
        }
        boolean step = (cpu.systemFlags & Rflags.TF) != 0;
        boolean resume = (cpu.systemFlags & Rflags.RF) != 0;
        long before = cpu.retired;
        boolean holdsBack = block.ops[0].holdsBackTraps();
        breakpoints.begin();
        Exit exit = execute(cpu, block, 1);
        if (resume && cpu.retired != before && !(exit instanceof Exit.Fault)) {
            cpu.systemFlags &= ~Rflags.RF;
        }
        if (exit != null && exit != Exit.Simple.TIME_UP) {
            breakpoints.abandon();
            return exit;
        }
        met = breakpoints.end(step, holdsBack);
        return met != 0 ? debug(cpu, met) : exit;
    }

    private static Exit debug(Cpu cpu, int met) {
        cpu.dr[6] |= met;
        return new Exit.Fault(Vector.DB, GuestFault.NO_ERROR_CODE, 0);
    }

    private @Nullable Exit runBlocks(Cpu cpu, EntryCache cache) {
        while (true) {
            if (cpu.kicked()) {
                cpu.takeKick();
                return Exit.Simple.TIME_UP;
            }
            long left = cpu.limit - cpu.retired;
            if (left <= 0) {
                // Before the next instruction is fetched, which may fault.
                return Exit.Simple.TIME_UP;
            }
            Block block = cache.block();
            int n = (int) Math.min(left, block.ops.length);
            boolean oneByOne = cpu.breakpoints.oneByOne();
            Exit exit = oneByOne ? executeOne(cpu, block) : execute(cpu, block, n);
            if (exit != null) {
                return exit;
            }
        }
    }

    /**
     * Executes the first {@code n} operations of {@code block}; null to go on at {@code cpu.rip}.
     */
    private static @Nullable Exit execute(Cpu cpu, Block block, int n) {
        Op[] ops = block.ops;
        long start = cpu.rip;
        cpu.block = start;
        cpu.retired += n;
        int i = 0;
        try {
            for (; i < n; i++) {
                ops[i].execute(cpu);
            }
        } catch (GuestFault f) {
            cpu.retired -= n - i;
            cpu.rip = start + block.offsets[i];
            int vector = f.nonCanonical && ops[i].stackOperand() ? Vector.SS : f.vector;
            return new Exit.Fault(vector, f.errorCode, f.address);
        } catch (StaleOp.StaleBlock stale) {
            cpu.retired -= n - i;
            cpu.rip = start + block.offsets[i];
            return null;
        }
        if (n < ops.length || !block.branches) {
            cpu.rip = start + block.offsets[n];
        }
        Exit exit = cpu.exit;
        if (exit != null) {
            cpu.exit = null;
            return exit;
        }
        return null;
    }

    @Override
    public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
        Cpu.Snapshot before = cpu.snapshot();
        long retired = cpu.retired;
        long limit = cpu.limit;
        int debugging = cpu.systemFlags & (Rflags.TF | Rflags.RF);
        // The floor above executes it, so that no breakpoint is met; stepping is its affair.
        cpu.breakpoints.suspend(true);
        cpu.systemFlags &= ~debugging;
        cpu.limit = retired + 1;
        cpu.mmu.startCapture(vaddr);
        Exit exit = executeNext(cpu);
        Mmu.Capture c = cpu.mmu.endCapture();
        cpu.limit = limit;
        cpu.breakpoints.suspend(false);
        cpu.systemFlags |= debugging & Rflags.TF;
        boolean ended = exit == null || exit == Exit.Simple.TIME_UP;
        if (!ended || c.stores() != 1 || cpu.retired != retired + 1) {
            cpu.restore(before);
            cpu.retired = retired;
            return null;
        }
        return new CapturedStore(
                c.vaddr(), c.size(), c.oldValue(), c.value(), c.compared(), before);
    }

    /**
     * Executes the instruction at RIP, however often somebody kicks meanwhile; null if nothing but
     * its end came of it.
     */
    private @Nullable Exit executeNext(Cpu cpu) {
        EntryCache cache = entriesOf(cpu);
        cpu.exit = null;
        try {
            Exit exit = null;
            while (exit == null && cpu.retired < cpu.limit) {
                exit = execute(cpu, cache.block(), 1);
            }
            return exit;
        } catch (GuestFault f) {
            return new Exit.Fault(f.vector, f.errorCode, f.address);
        }
    }

    /** Number of blocks dropped so far because their bytes were written. */
    public long invalidatedBlocks() {
        return code.invalidated();
    }
}
