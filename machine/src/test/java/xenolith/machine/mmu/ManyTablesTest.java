package xenolith.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A guest that has very many level-1 tables gives a flush no more to look at than others. */
class ManyTablesTest {
    private static final int TABLES = TlbSet.MOST_TABLES + 1000;
    private static final long THIRD = 0x2000;
    private static final int SECOND = 3;
    private static final int FIRST = SECOND + TABLES / 512 + 1;
    private static final int DATA = FIRST + TABLES;

    /** Entries that one cache is counted for when it is emptied, beside its tables. */
    private static final int ONE_CACHE = 512;

    private final OneRoot machine = new OneRoot(DATA + 2);
    private final Mmu mmu = machine.mmu;

    @BeforeEach
    void map() {
        machine.put(OneRoot.TOP, 4, OneRoot.BASE, THIRD);
        for (int table = 0; table < TABLES; table++) {
            long va = address(table);
            long second = SECOND + table / 512L << 12;
            machine.put(THIRD, 3, va, second);
            machine.put(second, 2, va, first(table));
            machine.put(first(table), 1, va, (long) DATA << 12);
        }
        machine.memory.put64((long) DATA << 12, 1);
        machine.memory.put64(DATA + 1L << 12, 2);
    }

    @AfterEach
    void free() {
        machine.close();
    }

    /** The level-1 table. */
    private static long first(int table) {
        return (long) (FIRST + table) << 12;
    }

    private static long address(int table) {
        return OneRoot.BASE + ((long) table << 21);
    }

    @Test
    void isBoundedAndStillExact() {
        for (int table = 0; table < TABLES; table++) {
            assertThat(mmu.read64(address(table))).isEqualTo(1);
        }
        for (int table = 0; table < TABLES; table += 7) {
            machine.put(first(table), 1, address(table), DATA + 1L << 12);
            mmu.entryChanged(first(table));
            assertThat(mmu.read64(address(table))).isEqualTo(2);
        }
        assertThat(mmu.staleTranslations()).isEmpty();
        long before = mmu.lookedAt();
        mmu.flush();
        assertThat(mmu.lookedAt() - before).isBetween(1L, 2L * ONE_CACHE + TlbSet.MOST_TABLES);
    }
}
