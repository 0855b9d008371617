package xenolith.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.MachineMemory;

/** A guest that has very many level-1 tables gives a flush no more to look at than others. */
class ManyTablesTest {
    private static final int TABLES = TlbSet.MOST_TABLES + 1000;
    private static final long FLAGS = Pte.P | Pte.RW | Pte.U;
    private static final long TOP = 0x1000;
    private static final long THIRD = 0x2000;
    private static final int SECOND = 3;
    private static final int FIRST = SECOND + TABLES / 512 + 1;
    private static final int DATA = FIRST + TABLES;
    private static final long BASE = 0x40_0000_0000L;

    /** Entries that one cache is counted for when it is emptied, beside its tables. */
    private static final int ONE_CACHE = 512;

    private final MachineMemory memory = new MachineMemory(DATA + 2);
    private final Mmu mmu = new Mmu(memory, new GuestFault());

    @BeforeEach
    void map() {
        memory.put64(TOP + 8L * Pte.index(BASE, 4), THIRD | FLAGS);
        for (int table = 0; table < TABLES; table++) {
            long va = address(table);
            long second = SECOND + table / 512L << 12;
            memory.put64(THIRD + 8L * Pte.index(va, 3), second | FLAGS);
            memory.put64(second + 8L * Pte.index(va, 2), (long) (FIRST + table) << 12 | FLAGS);
            memory.put64((long) (FIRST + table) << 12, (long) DATA << 12 | FLAGS);
        }
        memory.put64((long) DATA << 12, 1);
        memory.put64(DATA + 1L << 12, 2);
        mmu.setRoot(Mmu.KERNEL, TOP);
        mmu.setUser(Mmu.KERNEL, true);
        mmu.select(Mmu.KERNEL);
    }

    @AfterEach
    void free() {
        memory.close();
    }

    private static long address(int table) {
        return BASE + ((long) table << 21);
    }

    @Test
    void isBoundedAndStillExact() {
        for (int table = 0; table < TABLES; table++) {
            assertThat(mmu.read64(address(table))).isEqualTo(1);
        }
        for (int table = 0; table < TABLES; table += 7) {
            long entry = (long) (FIRST + table) << 12;
            memory.put64(entry, DATA + 1L << 12 | FLAGS);
            mmu.entryChanged(entry);
            assertThat(mmu.read64(address(table))).isEqualTo(2);
        }
        assertThat(mmu.staleTranslations()).isEmpty();
        long before = mmu.lookedAt();
        mmu.flush();
        assertThat(mmu.lookedAt() - before).isBetween(1L, 2L * ONE_CACHE + TlbSet.MOST_TABLES);
    }
}
