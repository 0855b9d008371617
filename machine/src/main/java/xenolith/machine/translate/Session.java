package xenolith.machine.translate;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.interpret.EntryCache;
import xenolith.machine.mmu.Mmu;

/** What the dispatcher keeps for one processor. */
final class Session {
    final Cpu cpu;

    /** The interpreter's blocks by linear address. */
    final EntryCache blocks;

    /** No instruction is here: not canonical. */
    static final long NOTHING = 1L << 62;

    /** Where the code that is entered shall be translated well, or {@link #NOTHING}. */
    long promote = NOTHING;

    /** How often translated code was entered, and how often one instruction was left over. */
    long dispatches;

    long leaves;

    /** By address space. */
    private final @Nullable CodeMap[] maps = new CodeMap[Mmu.ADDRESS_SPACES];

    Session(Cpu cpu, EntryCache blocks) {
        this.cpu = cpu;
        this.blocks = blocks;
    }

    /** The map of the active address space, without what was flushed. */
    CodeMap map() {
        int space = cpu.mmu.addressSpace();
        CodeMap map = maps[space];
        if (map == null) {
            map = new CodeMap(cpu.mmu);
            maps[space] = map;
        }
        map.refresh();
        return map;
    }

    /** Lets go of all code. */
    void clearMaps() {
        for (CodeMap map : maps) {
            if (map != null) {
                map.clear();
            }
        }
    }

    /** Forgets which code was found where. */
    void dropMaps() {
        for (CodeMap map : maps) {
            if (map != null) {
                map.drop();
            }
        }
    }
}
