package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Pte;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.mmu.Mmu;

/**
 * Cached translations outlive a change of address space. So whatever a guest does to its tables, a
 * cached translation must be what a walk gives: the recount compares all of them.
 */
class TranslationsTest {
    private static final int SPACES = 24;
    private static final int PAGES = 6;

    /** Level-4 slot that all address spaces share, and its first address. */
    private static final int SHARED_SLOT = 300;

    private static final long SHARED = 0xffff_9600_0000_0000L;

    /** Level-4 slot that leads to its own table, and its first address: that of a table. */
    private static final int LINEAR_SLOT = 7;

    private static final long LINEAR = (long) LINEAR_SLOT << 39;

    private final TestMachine m = new TestMachine();
    private final long[] level1 = new long[SPACES];
    private final long[] level2 = new long[SPACES];
    private final long[] level3 = new long[SPACES];
    private final long[] level4 = new long[SPACES];
    private final long[] data = new long[40];
    private long sharedLevel3;
    private long sharedLevel1;
    private SplittableRandom random = new SplittableRandom();
    private int hits;
    private int faults;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void agreeWithTheTablesWhateverIsChanged(long seed) {
        random = new SplittableRandom(seed);
        for (int i = 0; i < data.length; i++) {
            data[i] = m.frame();
        }
        m.tree();
        sharedLevel1 = m.table[1];
        sharedLevel3 = m.table[3];
        for (int i = 0; i < SPACES; i++) {
            make(i);
        }
        for (int step = 0; step < 3000; step++) {
            step();
            if (step % 10 == 0) {
                assertThat(m.differences()).as("seed %d step %d", seed, step).isEmpty();
            }
        }
        assertThat(hits).as("otherwise nothing was tested").isGreaterThan(2000);
        assertThat(faults).as("otherwise nothing was tested").isGreaterThan(200);
        m.close();
    }

    private void make(int i) {
        m.tree();
        level1[i] = m.table[1];
        level2[i] = m.table[2];
        level3[i] = m.table[3];
        level4[i] = m.table[4];
        m.set(level4[i], LINEAR_SLOT, Pte.of(level4[i], Pte.P | Pte.U));
        m.set(level4[i], SHARED_SLOT, Pte.of(sharedLevel3, TestMachine.TABLE));
        for (int page = 0; page < PAGES; page++) {
            m.set(level1[i], page, entry());
        }
        pin(i);
    }

    private void pin(int i) {
        assertThat(MmuextOp.pin(m.paging, 4, level4[i])).isZero();
    }

    private long entry() {
        long flags = random.nextInt(4) == 0 ? 0 : Pte.P | Pte.U;
        flags |= random.nextInt(3) == 0 ? 0 : Pte.RW;
        flags |= random.nextInt(3) == 0 ? Pte.A | Pte.D : 0;
        return Pte.of(data[random.nextInt(data.length)], flags);
    }

    private long vaddr() {
        long page = random.nextInt(PAGES) * 4096L;
        return switch (random.nextInt(4)) {
            case 0 -> page;
            case 3 -> random.nextInt(3) == 0 ? LINEAR : page;
            case 1 -> page + (1L << 21);
            default -> page + SHARED;
        };
    }

    private void step() {
        int i = random.nextInt(SPACES);
        switch (random.nextInt(13)) {
            case 0 -> m.v.setKernelRoot(level4[random.nextInt(6)]);
            case 1 -> m.v.setUserRoot(level4[i]);
            case 2 ->
                    MmuUpdate.update(
                            m.d, 1, TestMachine.at(level1[i], random.nextInt(PAGES)), entry());
            case 3 -> {
                long at = TestMachine.at(sharedLevel1, random.nextInt(PAGES));
                MmuUpdate.update(m.d, 1, at | 2, entry());
            }
            case 4 -> MmuUpdate.updateVaMapping(m.v, 1, vaddr(), entry());
            // The second region: another space's level-1 table, so that it is mapped at several.
            case 5 -> {
                boolean none = random.nextInt(3) == 0;
                long entry = none ? 0 : Pte.of(level1[random.nextInt(3)], TestMachine.TABLE);
                MmuUpdate.update(m.d, 1, TestMachine.at(level2[i], 1), entry);
            }
            case 6 -> rebuild(i);
            case 7 -> changeLevel4(random.nextInt(6));
            default -> access(random.nextBoolean() ? Mmu.KERNEL : Mmu.USER);
        }
    }

    /** Takes one of the lower half's level-4 entries away, or gives it back. */
    private void changeLevel4(int i) {
        boolean linear = random.nextInt(3) == 0;
        long there =
                linear ? Pte.of(level4[i], Pte.P | Pte.U) : Pte.of(level3[i], TestMachine.TABLE);
        long entry = random.nextInt(3) == 0 ? 0 : there;
        MmuUpdate.update(m.d, 1, TestMachine.at(level4[i], linear ? LINEAR_SLOT : 0), entry);
    }

    /** Unpins a space, changes its tables while they are none, and pins it again. */
    private void rebuild(int i) {
        if (MmuextOp.unpin(m.paging, level4[i]) != 0) {
            return;
        }
        boolean loaded = m.v.kernelRootMfn() == level4[i] || m.v.userRootMfn() == level4[i];
        if (!loaded && m.frames.typeCount(level1[i]) == 0) {
            m.set(level1[i], random.nextInt(PAGES), entry());
        }
        pin(i);
    }

    private void access(int root) {
        m.cpu.mmu.select(root);
        for (int n = 0; n < 8; n++) {
            try {
                long vaddr = vaddr();
                if (random.nextBoolean()) {
                    m.cpu.mmu.write64(vaddr, n);
                } else if (random.nextBoolean()) {
                    m.cpu.mmu.read64(vaddr);
                } else {
                    m.cpu.mmu.fetch(vaddr);
                }
                hits++;
            } catch (GuestFault f) {
                faults++;
            }
        }
    }
}
