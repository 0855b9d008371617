package xenolith.machine.translate;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.interpret.EntryCache;
import xenolith.machine.mmu.Mmu;

/** What the dispatcher keeps for one processor. */
final class Session {
    private static final int LOWER_SIZE = 1 << 12;
    private static final int UPPER_SIZE = 1 << 15;

    /** No instruction is here: not canonical. */
    static final long NOTHING = 1L << 62;

    final Cpu cpu;

    /** The interpreter's blocks by linear address. */
    final EntryCache blocks;

    /** Where the code that is entered shall be translated well, or {@link #NOTHING}. */
    long promote = NOTHING;

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

    Session(Cpu cpu, EntryCache blocks) {
        this.cpu = cpu;
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
    void refresh() {
        Mmu mmu = cpu.mmu;
        lower = map(lowers, mmu.addressSpace(), LOWER_SIZE);
        lower.refresh(mmu.generation());
        upper = map(uppers, mmu.active(), UPPER_SIZE);
        upper.refresh(mmu.upperGeneration());
    }

    /** The map for {@code rip}, as of the last {@link #refresh}. */
    CodeMap map(long rip) {
        return rip < 0 ? upper : lower;
    }

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
