package xenolith.machine.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;

/** A software TLB that grows is as exact as one that does not. */
class TlbGrowthTest {
    private static final int PAGES = 6000;
    private static final int TABLES = 16;
    private static final int FIRST = 4 + TABLES;

    private final OneRoot machine = new OneRoot(FIRST + PAGES);
    private final MachineMemory memory = machine.memory;
    private final Mmu mmu = machine.mmu;

    /** Pages from BASE, and the frame of each, in an order of its own. */
    private final int[] frames = new Random(7).ints(FIRST, FIRST + PAGES).limit(PAGES).toArray();

    @BeforeEach
    void map() {
        machine.put(OneRoot.TOP, 4, OneRoot.BASE, 0x2000);
        machine.put(0x2000, 3, OneRoot.BASE, 0x3000);
        for (int table = 0; table < TABLES; table++) {
            machine.put(0x3000, 2, OneRoot.BASE + ((long) table << 21), 4L + table << 12);
        }
        for (int page = 0; page < PAGES; page++) {
            map(page, frames[page]);
        }
    }

    @AfterEach
    void free() {
        machine.close();
    }

    private static long address(int page) {
        return OneRoot.BASE + ((long) page << 12);
    }

    private long entry(int page) {
        return (4L + (page >>> 9) << 12) + 8L * (page & 511);
    }

    private void map(int page, int frame) {
        frames[page] = frame;
        machine.put(4L + (page >>> 9) << 12, 1, address(page), (long) frame << 12);
    }

    private void readAll() {
        for (int page = 0; page < PAGES; page++) {
            assertThat(mmu.read64(address(page) + 8)).isEqualTo(inFrame(page));
        }
    }

    private long inFrame(int page) {
        return memory.get64(((long) frames[page] << 12) + 8);
    }

    @Test
    void findsWhatItReadWhenItHasGrown() {
        for (int frame = FIRST; frame < FIRST + PAGES; frame++) {
            memory.put64(((long) frame << 12) + 8, 1000L + frame);
        }
        for (int round = 0; round < 6; round++) {
            readAll();
        }
        assertThat(mmu.staleTranslations()).isEmpty();
        // A walk sets the accessed bit again: who finds the page in the TLB does not walk.
        memory.put64(entry(17), memory.get64(entry(17)) & ~Pte.A);
        memory.put64(entry(17 + 4096), memory.get64(entry(17 + 4096)) & ~Pte.A);
        readAll();
        assertThat(memory.get64(entry(17)) & Pte.A).isZero();
        assertThat(memory.get64(entry(17 + 4096)) & Pte.A).isZero();
    }

    @Test
    void dropsChangedEntriesWhateverItsSize() {
        Random random = new Random(3);
        for (int step = 0; step < 60_000; step++) {
            int page = random.nextInt(PAGES);
            switch (random.nextInt(40)) {
                case 0 -> {
                    map(page, FIRST + random.nextInt(PAGES));
                    mmu.entryChanged(entry(page));
                }
                case 1 -> mmu.dropWrites(frames[page]);
                case 2, 3, 4, 5 -> {
                    mmu.write64(address(page) + 8, step);
                    assertThat(inFrame(page)).isEqualTo(step);
                }
                default -> assertThat(mmu.read64(address(page) + 8)).isEqualTo(inFrame(page));
            }
            if (step == 50_000) {
                mmu.flush();
            }
        }
        assertThat(mmu.staleTranslations()).isEmpty();
    }

    @Test
    void takesOverTheTranslationsOfALargerOne() {
        for (int round = 0; round < 6; round++) {
            readAll();
        }
        long other = (FIRST + PAGES - 1L) << 12;
        for (int n = 0; n < 512; n++) {
            memory.put64(other + 8L * n, memory.get64(OneRoot.TOP + 8L * n));
        }
        mmu.loadRoot(Mmu.KERNEL, other);
        assertThat(mmu.staleTranslations()).isEmpty();
        readAll();
        assertThat(mmu.staleTranslations()).isEmpty();
    }
}
