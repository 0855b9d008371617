package xenolith.machine.translate;

import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.interpret.Block;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.interpret.Translation;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * The engine that translates hot guest code; one a machine. Cold code, and single instructions that
 * translated code leaves to it, are run by an interpreter.
 */
public final class Translator implements Engine {
    /** Executions of a block after which it is translated. */
    private static final int HOT = Integer.getInteger("xenolith.hot", 1000);

    /** Instructions a region may have, about. */
    private static final int REGION = Integer.getInteger("xenolith.region", 120);

    /** Translations that a block may be in. */
    private static final int MOST_TRANSLATIONS = 8;

    /** Instructions after which translated code comes back to look for kicks. */
    private static final int SLICE = 20_000;

    private final Interpreter interpreter;
    private final int hot;
    private final IdentityHashMap<Cpu, @Nullable CodeMap[]> maps = new IdentityHashMap<>();
    private long translations;
    private long bytecode;
    private long nanos;

    public Translator(MachineMemory memory) {
        this(memory, HOT);
    }

    /**
     * @param hot executions of a block after which it is translated
     */
    public Translator(MachineMemory memory, int hot) {
        this.interpreter = new Interpreter(memory);
        this.hot = hot;
    }

    private @Nullable CodeMap[] mapsOf(Cpu cpu) {
        synchronized (maps) {
            return maps.computeIfAbsent(cpu, c -> new CodeMap[Mmu.ADDRESS_SPACES]);
        }
    }

    @Override
    public Exit run(Cpu cpu) {
        @Nullable CodeMap[] ofCpu = mapsOf(cpu);
        cpu.exit = null;
        try {
            return run(cpu, ofCpu);
        } catch (GuestFault f) {
            // Only fetching faults arrive here: RIP is at the instruction.
            return new Exit.Fault(f.vector, f.errorCode, f.address);
        }
    }

    private Exit run(Cpu cpu, @Nullable CodeMap[] ofCpu) {
        Mmu mmu = cpu.mmu;
        CodeMap map = current(ofCpu, mmu);
        int epoch = mmu.epoch();
        while (true) {
            if (cpu.kicked()) {
                cpu.takeKick();
                return Exit.Simple.TIME_UP;
            }
            if (epoch != mmu.epoch()) {
                map = current(ofCpu, mmu);
                epoch = mmu.epoch();
            }
            Exit exit = step(cpu, map);
            if (exit != null) {
                return exit;
            }
        }
    }

    /** The map of the active address space, without what was flushed. */
    private static CodeMap current(@Nullable CodeMap[] ofCpu, Mmu mmu) {
        CodeMap map = ofCpu[mmu.addressSpace()];
        if (map == null) {
            map = new CodeMap(mmu);
            ofCpu[mmu.addressSpace()] = map;
        }
        map.refresh();
        return map;
    }

    /** Runs translated code, or one block. */
    private @Nullable Exit step(Cpu cpu, CodeMap map) {
        long left = cpu.limit - cpu.retired;
        boolean plain = cpu.mode == Cpu.MODE_64 && (cpu.systemFlags & Rflags.TF) == 0;
        if (plain) {
            int slot = map.find(cpu.rip);
            if (slot >= 0 && left > map.code(slot).longest) {
                return enter(cpu, map, slot, left);
            }
        }
        if (left <= 0) {
            return Exit.Simple.TIME_UP;
        }
        Block block = interpreter.blockAt(cpu);
        if (plain) {
            int slot = known(cpu, map, block);
            if (slot >= 0 && left > map.code(slot).longest) {
                return enter(cpu, map, slot, left);
            }
        }
        return interpreter.runBlock(cpu, block, (int) Math.min(left, block.instructions()));
    }

    private int known(Cpu cpu, CodeMap map, Block block) {
        int slot = block.translation() == null ? -1 : map.fill(cpu.rip, block);
        if (slot >= 0 || block.executions() < hot || isInMany(block)) {
            return slot;
        }
        // None yet, or one that goes on in pages that are others here, or not to be had.
        translate(cpu, block);
        return map.fill(cpu.rip, block);
    }

    /** Whether there is no use in one more translation that begins at {@code block}. */
    private static boolean isInMany(Block block) {
        return block.translation() != null && block.users() >= MOST_TRANSLATIONS;
    }

    private @Nullable Exit enter(Cpu cpu, CodeMap map, int slot, long left) {
        GuestCode code = map.code(slot);
        int quota = (int) Math.min(left - code.longest, SLICE);
        int status = code.run(cpu, cpu.r, cpu.mmu, map.base(slot), map.entry(slot), quota);
        if (status == Translation.LEAVE) {
            // An invalid translation may leave at an instruction that starts the limit.
            if (cpu.retired >= cpu.limit) {
                return Exit.Simple.TIME_UP;
            }
            return interpreter.runBlock(cpu, interpreter.blockAt(cpu), 1);
        }
        Exit exit = cpu.exit;
        cpu.exit = null;
        return exit;
    }

    private void translate(Cpu cpu, Block block) {
        long begin = System.nanoTime();
        block.forgetExecutions();
        for (int budget = REGION; budget > 0; budget /= 2) {
            Region region = RegionFinder.find(interpreter, cpu, budget, Math.max(1, hot / 50));
            if (region == null) {
                return;
            }
            RegionCompiler compiler = new RegionCompiler(region);
            byte[] bytes = compiler.compile();
            if (compiler.codeSize() > RegionCompiler.LONGEST_METHOD) {
                continue;
            }
            GuestCode code = compiler.load(bytes);
            install(region, compiler.entries(), code);
            translations++;
            bytecode += bytes.length;
            break;
        }
        nanos += System.nanoTime() - begin;
    }

    private static void install(Region region, List<Integer> entries, GuestCode code) {
        region.blocks().values().forEach(b -> b.usedBy(code));
        for (int n = 0; n < entries.size(); n++) {
            int offset = entries.get(n);
            Block b = java.util.Objects.requireNonNull(region.blocks().get(offset));
            if (n == 0 || b.translation() == null) {
                b.enterBy(code, n, offset);
            }
        }
    }

    @Override
    public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
        return interpreter.captureStore(cpu, vaddr);
    }

    /** What was translated so far. */
    @Override
    public String statistics() {
        return translations + " translations, " + bytecode + " bytes, " + nanos / 1000 + " us";
    }
}
