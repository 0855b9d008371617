package xenolith.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.MachineMemory;

/** When two address spaces count as one for code of the upper half. */
class UpperHalfTest {
    private static final long CODE = 0xffff_ffff_8100_0000L;
    private static final long TABLE = Pte.P | Pte.RW | Pte.A;

    /** Frames: two level-4 tables, one table of each other level, and two pages of code. */
    private static final int ONE = 1;

    private static final int OTHER = 2;
    private static final int L3 = 3;
    private static final int L2 = 4;
    private static final int L1 = 5;
    private static final int PAGE = 6;
    private static final int SECOND_PAGE = 7;

    private final MachineMemory memory = new MachineMemory(64);
    private final Mmu mmu = new Mmu(memory, new GuestFault());

    @BeforeEach
    void map() {
        for (int root : new int[] {ONE, OTHER}) {
            set(root, 4, L3);
        }
        set(L3, 3, L2);
        set(L2, 2, L1);
        set(L1, 1, PAGE);
        mmu.setUser(Mmu.KERNEL, false);
        mmu.select(Mmu.KERNEL);
        mmu.loadRoot(Mmu.KERNEL, address(ONE));
        mmu.fetch(CODE);
    }

    @AfterEach
    void close() {
        memory.close();
    }

    private static long address(int frame) {
        return (long) frame << Pte.PAGE_SHIFT;
    }

    private static long entry(int table, int level) {
        return address(table) + 8L * Pte.index(CODE, level);
    }

    private void set(int table, int level, int frame) {
        memory.put64(entry(table, level), address(frame) | TABLE);
    }

    private int upper(int root) {
        mmu.loadRoot(Mmu.KERNEL, address(root));
        return mmu.upperGeneration();
    }

    @Test
    void equalLevel4EntriesMakeItOne() {
        assertThat(upper(OTHER)).isEqualTo(upper(ONE));
        assertThat(mmu.fetch(CODE)).isEqualTo(address(PAGE));
    }

    @Test
    void anotherLevel4EntryMakesItTwo() {
        memory.put64(entry(OTHER, 4), 0);
        assertThat(upper(OTHER)).isNotEqualTo(upper(ONE));
    }

    @Test
    void slotsWithoutCodeDoNotMatter() {
        memory.put64(address(OTHER) + 8 * 300, address(L3) | TABLE);
        assertThat(upper(OTHER)).isEqualTo(upper(ONE));
    }

    @Test
    void codeBelowAnotherSlotEndsIt() {
        long elsewhere = CODE & ~(511L << 39) | 300L << 39;
        memory.put64(address(ONE) + 8 * 300, address(L3) | TABLE);
        int before = upper(OTHER);
        upper(ONE);
        mmu.fetch(elsewhere);
        assertThat(upper(ONE)).isNotEqualTo(before);
        assertThat(upper(OTHER)).isNotEqualTo(upper(ONE));
    }

    @Test
    void aChangedPageOfCodeEndsItInBoth() {
        int before = upper(OTHER);
        set(L1, 1, SECOND_PAGE);
        mmu.entryChanged(entry(L1, 1));
        assertThat(upper(OTHER)).isNotEqualTo(before);
        assertThat(upper(ONE)).isNotEqualTo(before);
        assertThat(mmu.fetch(CODE)).isEqualTo(address(SECOND_PAGE));
    }

    @Test
    void aChangedPageOfDataDoesNot() {
        int before = upper(OTHER);
        mmu.read8(CODE);
        memory.put64(entry(L1, 1) + 8, address(SECOND_PAGE) | TABLE);
        mmu.read8(CODE + 4096);
        memory.put64(entry(L1, 1) + 8, 0);
        mmu.entryChanged(entry(L1, 1) + 8);
        assertThat(upper(OTHER)).isEqualTo(before);
    }

    @Test
    void aChangedLevel2EntryDropsWhatItLedTo() {
        int before = upper(OTHER);
        memory.put64(entry(L2, 2), 0);
        mmu.tableEntryChanged(entry(L2, 2), 2, address(L1) | TABLE);
        assertThat(upper(OTHER)).isNotEqualTo(before);
        assertThat(mmu.tryFetch(CODE)).isEqualTo(-1);
    }

    @Test
    void aChangedLevel3EntryDropsWhatItLedTo() {
        int before = upper(OTHER);
        memory.put64(entry(L3, 3), 0);
        mmu.tableEntryChanged(entry(L3, 3), 3, address(L2) | TABLE);
        assertThat(upper(OTHER)).isNotEqualTo(before);
        assertThat(mmu.tryFetch(CODE)).isEqualTo(-1);
    }
}
