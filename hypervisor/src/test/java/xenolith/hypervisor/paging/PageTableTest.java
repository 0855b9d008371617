package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static xenolith.hypervisor.paging.TestMachine.P;
import static xenolith.hypervisor.paging.TestMachine.PRW;
import static xenolith.hypervisor.paging.TestMachine.TABLE;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;

class PageTableTest {
    private final TestMachine m = new TestMachine();

    @AfterEach
    void close() {
        assertThat(m.differences()).isEmpty();
        m.close();
    }

    @Test
    void pinValidatesAllLevelsAndUnpinLetsAllGo() {
        m.tree();
        long page = m.frame();
        m.set(m.table[1], 5, Pte.of(page, PRW));
        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isZero();
        for (int level = 1; level <= 4; level++) {
            assertThat(m.frames.type(m.table[level])).isEqualTo(level);
            assertThat(m.frames.typeCount(m.table[level])).isEqualTo(1);
            assertThat(m.frames.count(m.table[level])).isEqualTo(2);
        }
        assertThat(m.frames.type(page)).isEqualTo(PageType.WRITABLE);
        assertThat(m.frames.count(page)).isEqualTo(2);
        assertThat(m.differences()).isEmpty();

        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isEqualTo(-Errno.EINVAL);
        assertThat(MmuextOp.unpin(m.paging, m.table[4])).isZero();
        assertThat(MmuextOp.unpin(m.paging, m.table[4])).isEqualTo(-Errno.EINVAL);
        for (int level = 1; level <= 4; level++) {
            assertThat(m.frames.typeCount(m.table[level])).isZero();
            assertThat(m.frames.count(m.table[level])).isEqualTo(1);
        }
        assertThat(m.frames.typeCount(page)).isZero();
    }

    @Test
    void writableMappingsOfTablesAreRefusedAtEveryLevel() {
        for (int level = 1; level <= 4; level++) {
            m.tree();
            m.set(m.table[1], 7, Pte.of(m.table[level], PRW));
            assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).as("l" + level).isNegative();
            for (int i = 1; i <= 4; i++) {
                assertThat(m.frames.typeCount(m.table[i])).isZero();
                assertThat(m.frames.count(m.table[i])).isEqualTo(1);
            }
            m.set(m.table[1], 7, Pte.of(m.table[level], P));
            assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).as("read-only").isZero();
        }
        assertThat(m.refusals).anyMatch(s -> s.contains("may not be mapped writable"));
    }

    @Test
    void aPageMappedWritableCannotBecomeATable() {
        m.tree();
        long other = m.frame();
        m.set(m.table[1], 7, Pte.of(other, PRW));
        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isZero();
        assertThat(MmuextOp.pin(m.paging, 1, other)).isEqualTo(-Errno.EINVAL);
        assertThat(MmuUpdate.update(m.d, 1, TestMachine.at(m.table[1], 7), Pte.of(other, P)))
                .isZero();
        assertThat(MmuextOp.pin(m.paging, 1, other)).isZero();
        assertThat(MmuUpdate.update(m.d, 1, TestMachine.at(m.table[1], 7), Pte.of(other, PRW)))
                .isEqualTo(-Errno.EBUSY);
    }

    @Test
    void bitsAreRefusedByLevel() {
        long[] everywhere = {Pte.PWT, Pte.PCD, Pte.PS};
        for (int level = 1; level <= 4; level++) {
            for (long bit : everywhere) {
                refused(level, bit, true);
            }
            refused(level, Pte.G, level > 1);
            refused(level, EntryRules.AVAIL | 0x7ffL << 52 | Pte.NX, false);
        }
    }

    private void refused(int level, long bits, boolean refused) {
        m.nextPfn = 0;
        long target = m.frame();
        long table = m.frame();
        m.set(table, 3, Pte.of(target, P | bits));
        int rc = MmuextOp.pin(m.paging, level, table);
        assertThat(rc != 0).as("l%d bits %x", level, bits).isEqualTo(refused);
        if (rc == 0) {
            assertThat(MmuextOp.unpin(m.paging, table)).isZero();
        }
        m.frames.dropAllocation(table);
        m.frames.dropAllocation(target);
    }

    @Test
    void bitsAreAddedAsXenDoes() {
        m.tree();
        long page = m.frame();
        m.set(m.table[1], 0, Pte.of(page, P));
        m.set(m.table[1], 1, Pte.of(page, P | Pte.U));
        m.set(m.table[4], 0, Pte.of(m.table[3], P));
        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isZero();
        assertThat(m.get(m.table[1], 0))
                .isEqualTo(Pte.of(page, P | Pte.U | EntryRules.GUEST_KERNEL));
        assertThat(m.get(m.table[1], 1)).isEqualTo(Pte.of(page, P | Pte.U | Pte.G));
        assertThat(m.get(m.table[4], 0)).isEqualTo(Pte.of(m.table[3], P | Pte.U | Pte.A));
    }

    @Test
    void framesOfOthersAndOutsideOfMemoryAreRefused() {
        DomainMemory other = new DomainMemory(m.frames, 2, 10);
        long foreign = m.frames.allocate(other, 0);
        long table = m.frame();
        long[] mfns = {foreign, 0, m.frames.m2p().firstMfn(), 2048, (1L << 40) - 1};
        int[] errnos = {Errno.EBUSY, Errno.EBUSY, Errno.EBUSY, Errno.EPERM, Errno.EINVAL};
        for (int i = 0; i < mfns.length; i++) {
            m.set(table, 9, Pte.of(mfns[i], P));
            assertThat(MmuextOp.pin(m.paging, 1, table)).isEqualTo(-errnos[i]);
            assertThat(MmuextOp.pin(m.paging, 2, table)).isEqualTo(-Errno.EINVAL);
        }
        assertThat(m.frames.type(table)).isEqualTo(PageType.NONE);
    }

    @Test
    void hypervisorSlotsAreOverwrittenAndClosedToUpdates() {
        m.tree();
        m.set(m.table[4], 256, -1);
        m.set(m.table[4], 261, Pte.of(m.table[1], TABLE));
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
        assertThat(m.get(m.table[4], 256)).isEqualTo(m.d.xenSlot(256));
        assertThat(m.get(m.table[4], 260)).isEqualTo(m.d.xenSlot(260));
        assertThat(m.get(m.table[4], 261)).isZero();
        for (int slot = 256; slot < 272; slot++) {
            long ptr = TestMachine.at(m.table[4], slot);
            assertThat(MmuUpdate.update(m.d, 1, ptr, 0)).isEqualTo(-Errno.EINVAL);
        }
        assertThat(MmuUpdate.update(m.d, 1, TestMachine.at(m.table[4], 272), 0)).isZero();
    }

    @Test
    void aFailureDeepDownUndoesEverything() {
        m.tree();
        long page = m.frame();
        for (int slot = 0; slot < 511; slot++) {
            m.set(m.table[1], slot, Pte.of(page, PRW));
        }
        m.set(m.table[1], 511, Pte.of(m.table[3], PRW));
        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isEqualTo(-Errno.EBUSY);
        assertThat(m.frames.count(page)).isEqualTo(1);
        assertThat(m.frames.typeCount(page)).isZero();
    }

    @Test
    void linearTablesAreReadOnlyAndNotChained() {
        m.tree();
        m.set(m.table[4], 300, Pte.of(m.table[4], P));
        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isZero();
        long l4 = m.table[4];
        long second = m.frame();
        assertThat(MmuextOp.pin(m.paging, 4, second)).isZero();
        long ptr = TestMachine.at(second, 1);
        assertThat(MmuUpdate.update(m.d, 1, ptr, Pte.of(l4, PRW))).isEqualTo(-Errno.EINVAL);
        assertThat(MmuUpdate.update(m.d, 1, ptr, Pte.of(l4, P))).isZero();
        assertThat(m.frames.typeCount(l4)).isEqualTo(2);
        // The XSA-182 hole: RW must not slip through the fast path.
        assertThat(MmuUpdate.update(m.d, 1, ptr, Pte.of(l4, PRW))).isEqualTo(-Errno.EINVAL);
        long third = m.frame();
        assertThat(MmuextOp.pin(m.paging, 4, third)).isZero();
        long thirdPtr = TestMachine.at(third, 1);
        assertThat(MmuUpdate.update(m.d, 1, thirdPtr, Pte.of(second, P))).isEqualTo(-Errno.EINVAL);
        assertThat(m.differences()).isEmpty();
        assertThat(MmuextOp.unpin(m.paging, l4)).isZero();
        assertThat(m.frames.type(l4)).isEqualTo(PageType.L4);
        assertThat(MmuextOp.unpin(m.paging, second)).isZero();
        assertThat(m.frames.typeCount(l4)).isZero();
    }

    @Test
    void rootsHoldReferencesAndDeathFreesAll() {
        m.tree();
        long free = m.frames.freeFrames() + 4;
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
        assertThat(m.v.setUserRoot(m.table[4])).isZero();
        assertThat(m.frames.typeCount(m.table[4])).isEqualTo(2);
        assertThat(m.v.setUserRoot(0)).isZero();
        assertThat(m.v.setKernelRoot(1L << 40)).isNegative();
        assertThat(m.v.kernelRootMfn()).isEqualTo(m.table[4]);
        assertThat(MmuextOp.pin(m.paging, 4, m.table[4])).isZero();
        m.frame();
        assertThat(m.differences()).isEmpty();
        m.paging.release();
        assertThat(m.frames.freeFrames()).isEqualTo(free + 3);
        assertThat(m.d.totalPages()).isZero();
        assertThat(m.frames.owner(m.table[4])).isEqualTo(FrameTable.FREE);
    }

    @Test
    void aMappedFrameOutlivesDecreaseReservation() {
        m.tree();
        long page = m.frame();
        m.set(m.table[1], 0, Pte.of(page, PRW));
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
        assertThat(m.cpu.mmu.tryTranslate(0, 2)).isEqualTo(page << 12);
        m.cpu.mmu.write64(0, 5);
        assertThat(Reservation.decrease(m.d, page, 0)).isZero();
        assertThat(m.frames.owner(page)).isEqualTo(1);
        assertThat(MmuUpdate.update(m.d, 1, TestMachine.at(m.table[1], 0), 0)).isZero();
        assertThat(m.frames.owner(page)).isEqualTo(FrameTable.FREE);
        assertThat(m.cpu.mmu.tryTranslate(0, 0)).isNegative();
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> m.cpu.mmu.read64(0))
                .as("no stale translation of a freed frame")
                .isInstanceOf(xenolith.machine.fault.GuestFault.class);
    }

    @Test
    void noStaleWritableTranslationOfATable() {
        m.tree();
        long page = m.frame();
        m.set(m.table[1], 0, Pte.of(page, PRW));
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
        m.cpu.mmu.write64(0, 0);
        assertThat(MmuUpdate.update(m.d, 1, TestMachine.at(m.table[1], 0), Pte.of(page, P)))
                .isZero();
        assertThat(MmuextOp.pin(m.paging, 1, page)).isZero();
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> m.cpu.mmu.write64(0, -1))
                .isInstanceOf(xenolith.machine.fault.GuestFault.class);
        assertThat(m.get(page, 0)).isZero();
    }
}
