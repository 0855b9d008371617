package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.hypervisor.memory.Recount;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.MachineMemory;

/**
 * Translations of a 32-bit guest outlive a change of its page-table base, and yet are what a walk
 * gives, whatever it does to its tables.
 */
class PaeTranslationsTest {
    /** More than there are translation caches. */
    private static final int SPACES = 12;

    private static final int PAGES = 6;
    private static final long TABLE = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;

    /** Of a level-3 entry, which has no rights of its own. */
    private static final long POINTER = Pte.P;

    private final MachineMemory memory = new MachineMemory(2048);
    private final FrameTable frames = new FrameTable(memory, 7, (domid, s) -> {});
    private final XenTables xen = new XenTables(frames);
    private final DomainMemory d = new DomainMemory(frames, 1, 400, Abi.BITS32);
    private final DomainPaging paging = new DomainPaging(xen, d);
    private final Cpu cpu = new Cpu(memory, c -> 0);
    private final VcpuPaging v = new VcpuPaging(paging, 0, cpu);
    private final long[] level1 = new long[SPACES];
    private final long[] level2 = new long[SPACES];
    private final long[] last = new long[SPACES];
    private final long[] level3 = new long[SPACES];
    private final long[] data = new long[40];
    private SplittableRandom random = new SplittableRandom(1);
    private long nextPfn;
    private int hits;
    private int faults;

    @AfterEach
    void close() {
        assertThat(differences()).isEmpty();
        v.release();
        memory.close();
    }

    private java.util.List<String> differences() {
        return Recount.differences(frames, Recount.OtherReferences.NONE);
    }

    private long frame() {
        return frames.allocate(d, nextPfn++);
    }

    private void set(long table, int slot, long entry) {
        memory.put64(TestMachine.at(table, slot), entry);
    }

    private void make() {
        for (int i = 0; i < data.length; i++) {
            data[i] = frame();
        }
        for (int i = 0; i < SPACES; i++) {
            level1[i] = frame();
            level2[i] = frame();
            last[i] = frame();
            level3[i] = frame();
            set(level2[i], 0, Pte.of(level1[i], TABLE));
            set(level3[i], 0, Pte.of(level2[i], POINTER));
            set(level3[i], 3, Pte.of(last[i], POINTER));
            for (int page = 0; page < PAGES; page++) {
                set(level1[i], page, Pte.of(data[i], Pte.P | Pte.RW | Pte.U));
            }
            pin(i);
        }
    }

    private void pin(int i) {
        assertThat(MmuextOp.pin(paging, PageType.L3, level3[i])).isZero();
    }

    // ---- kept --------------------------------------------------------------------------------

    /** Whether a read of {@code va} walked: the A bit of its entry at {@code maddr} tells. */
    private boolean walked(long va, long maddr) {
        memory.put64(maddr, memory.get64(maddr) & ~Pte.A);
        cpu.mmu.read64(va);
        return (memory.get64(maddr) & Pte.A) != 0;
    }

    @Test
    void aBaseThatComesBackFindsItsTranslations() {
        make();
        for (boolean user : new boolean[] {false, true}) {
            for (int i = 0; i < 6; i++) {
                assertThat(v.setKernelRoot(level3[i])).isZero();
                cpu.mmu.setPrivilege(user);
                cpu.mmu.read64(0x1000);
            }
            for (int i = 0; i < 6; i++) {
                assertThat(v.setKernelRoot(level3[i])).isZero();
                assertThat(walked(0x1000, TestMachine.at(level1[i], 1))).isFalse();
                assertThat(walked(0x5000, TestMachine.at(level1[i], 5))).isTrue();
            }
        }
    }

    @Test
    void whatChangedMeanwhileIsFound() {
        make();
        long shown = data[0] << 12;
        long other = data[20] << 12;
        memory.put64(shown, 1);
        memory.put64(other, 2);
        assertThat(v.setKernelRoot(level3[0])).isZero();
        cpu.mmu.setPrivilege(false);
        assertThat(cpu.mmu.read64(0x1000)).isEqualTo(1);
        assertThat(v.setKernelRoot(level3[1])).isZero();
        long entry = other | Pte.P | Pte.U;
        assertThat(MmuUpdate.update(d, 1, TestMachine.at(level1[0], 1), entry)).isZero();
        assertThat(v.setKernelRoot(level3[0])).isZero();
        assertThat(cpu.mmu.read64(0x1000)).isEqualTo(2);
        assertThat(v.setKernelRoot(level3[1])).isZero();
        assertThat(MmuUpdate.update(d, 1, TestMachine.at(level3[0], 0), 0)).isZero();
        assertThat(v.setKernelRoot(level3[0])).isZero();
        assertThatThrownBy(() -> cpu.mmu.read64(0x1000)).isInstanceOf(GuestFault.class);
    }

    @Test
    void aTableThatIsNoneAnyMoreIsForgotten() {
        make();
        memory.put64(data[0] << 12, 1);
        memory.put64(data[20] << 12, 2);
        assertThat(v.setKernelRoot(level3[0])).isZero();
        cpu.mmu.setPrivilege(false);
        assertThat(cpu.mmu.read64(0x1000)).isEqualTo(1);
        assertThat(v.setKernelRoot(level3[1])).isZero();
        assertThat(MmuextOp.unpin(paging, level3[0])).isZero();
        assertThat(differences()).isEmpty();
        // It is the guest's to write to now, and nobody is told.
        set(level1[0], 1, Pte.of(data[20], Pte.P | Pte.U));
        pin(0);
        assertThat(v.setKernelRoot(level3[0])).isZero();
        assertThat(cpu.mmu.read64(0x1000)).isEqualTo(2);
    }

    @Test
    void withoutMemoryForMoreTablesOneServesAllBases() {
        make();
        long full = 0;
        while (full >= 0) {
            full = frames.allocateXen();
        }
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < SPACES; i++) {
                memory.put64(data[i] << 12, i);
                assertThat(v.setKernelRoot(level3[i])).isZero();
                cpu.mmu.setPrivilege(false);
                assertThat(cpu.mmu.read64(0x1000)).isEqualTo(i);
            }
        }
    }

    // ---- random ------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void agreeWithTheTablesWhateverIsChanged(long seed) {
        random = new SplittableRandom(seed);
        make();
        assertThat(v.setKernelRoot(level3[0])).isZero();
        for (int step = 0; step < 3000; step++) {
            step();
            if (step % 10 == 0) {
                assertThat(differences()).as("seed %d step %d", seed, step).isEmpty();
            }
        }
        assertThat(hits).as("otherwise nothing was tested").isGreaterThan(2000);
        assertThat(faults).as("otherwise nothing was tested").isGreaterThan(200);
    }

    private long entry() {
        long flags = random.nextInt(4) == 0 ? 0 : Pte.P;
        flags |= random.nextInt(3) == 0 ? 0 : Pte.RW;
        flags |= random.nextInt(3) == 0 ? 0 : Pte.U;
        flags |= random.nextInt(3) == 0 ? Pte.A | Pte.D : 0;
        return Pte.of(data[random.nextInt(data.length)], flags);
    }

    private long vaddr() {
        long page = random.nextInt(PAGES) * 4096L;
        return switch (random.nextInt(3)) {
            case 0 -> page;
            case 1 -> page + (1L << 21);
            default -> page + (1L << 30);
        };
    }

    private void step() {
        int i = random.nextInt(SPACES);
        switch (random.nextInt(12)) {
            case 0, 1 -> v.setKernelRoot(level3[i]);
            case 2 -> {
                long at = TestMachine.at(level1[i], random.nextInt(PAGES));
                MmuUpdate.update(d, 1, at, entry());
            }
            case 3 -> MmuUpdate.updateVaMapping(v, 1, vaddr(), entry());
            // Another space's level-1 table at a second region, its level-2 table at a third.
            case 4 -> {
                boolean none = random.nextInt(3) == 0;
                long entry = none ? 0 : Pte.of(level1[random.nextInt(3)], TABLE);
                MmuUpdate.update(d, 1, TestMachine.at(level2[i], 1), entry);
            }
            case 5 -> {
                boolean none = random.nextInt(3) == 0;
                long entry = none ? 0 : Pte.of(level2[random.nextInt(3)], POINTER);
                MmuUpdate.update(d, 1, TestMachine.at(level3[i], 1), entry);
            }
            case 6 -> rebuild(i);
            default -> access();
        }
    }

    /** Unpins a space, changes its tables while they are none, and pins it again. */
    private void rebuild(int i) {
        if (MmuextOp.unpin(paging, level3[i]) != 0) {
            return;
        }
        if (v.kernelRootMfn() != level3[i] && frames.typeCount(level1[i]) == 0) {
            set(level1[i], random.nextInt(PAGES), entry());
        }
        pin(i);
    }

    private void access() {
        cpu.mmu.setPrivilege(random.nextBoolean());
        for (int n = 0; n < 8; n++) {
            try {
                long vaddr = vaddr();
                if (random.nextBoolean()) {
                    cpu.mmu.write64(vaddr, n);
                } else if (random.nextBoolean()) {
                    cpu.mmu.read64(vaddr);
                } else {
                    cpu.mmu.fetch(vaddr);
                }
                hits++;
            } catch (GuestFault f) {
                faults++;
            }
        }
    }
}
