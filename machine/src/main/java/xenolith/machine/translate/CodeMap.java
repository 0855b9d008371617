package xenolith.machine.translate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import xenolith.machine.interpret.Block;
import xenolith.machine.mmu.Mmu;

/**
 * Translated code by linear address, for one processor and one of its address spaces: a
 * direct-mapped cache of what was checked against the page tables.
 */
final class CodeMap {
    private static final int SIZE = 4096;

    /** No instruction is at this address: not canonical. */
    private static final long NOWHERE = 1L << 62;

    private static final Door NONE = new Door(NOWHERE, 0, null, 0, 0);

    private final Mmu mmu;
    private final Door[] doors = new Door[SIZE];

    /** Changes with every flush. */
    private int stamp = 1;

    private int generation = -1;

    /**
     * Where translated code may be entered.
     *
     * @param rip linear address of the entry
     * @param stamp of the map when it was checked
     * @param code what is entered, or null
     * @param entry number of the entry
     * @param base linear address of offset 0 of the code
     */
    record Door(long rip, int stamp, @Nullable GuestCode code, int entry, long base) {}

    CodeMap(Mmu mmu) {
        this.mmu = mmu;
        Arrays.fill(doors, NONE);
    }

    private static int slot(long rip) {
        return (int) (rip ^ rip >>> 12) & SIZE - 1;
    }

    /** Takes notice of flushes; the address space is the active one. */
    void refresh() {
        if (generation != mmu.generation()) {
            generation = mmu.generation();
            stamp++;
        }
    }

    /** The way into translated code at {@code rip}, or null. */
    @Nullable Door find(long rip) {
        Door door = doors[slot(rip)];
        return door.rip == rip && door.stamp == stamp && door.code != null && door.code.valid()
                ? door
                : null;
    }

    /**
     * Keeps the translation of {@code block}, which is the one at {@code rip}; null if it has none
     * that fits here.
     */
    @Nullable Door fill(long rip, Block block) {
        if (!(block.translation() instanceof GuestCode code)) {
            return null;
        }
        long base = rip - block.entryOffset();
        if (!code.fits(mmu, base)) {
            return null;
        }
        Door door = new Door(rip, stamp, code, block.entry(), base);
        doors[slot(rip)] = door;
        return door;
    }

    /** Lets go of all code. */
    void clear() {
        Arrays.fill(doors, NONE);
    }

    /** Forgets what was found so far. */
    void drop() {
        stamp++;
    }
}
