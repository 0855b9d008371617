package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static xenolith.hypervisor.paging.TestMachine.P;
import static xenolith.hypervisor.paging.TestMachine.PRW;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.grant.Maptrack;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.fault.GuestFault;

class UpdateTest {
    private final TestMachine m = new TestMachine();

    @BeforeEach
    void load() {
        m.tree();
        m.set(m.table[1], 1, Pte.of(m.table[1], P));
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
    }

    @AfterEach
    void close() {
        assertThat(m.differences()).isEmpty();
        m.close();
    }

    private int map(long vaddr, long entry) {
        return MmuUpdate.updateVaMapping(m.v, 1, vaddr, entry);
    }

    @Test
    void updateVaMappingNeedsALevel1Table() {
        long page = m.frame();
        assertThat(map(0x5000, Pte.of(page, PRW))).isZero();
        m.cpu.mmu.write64(0x5008, 77);
        assertThat(m.memory.get64((page << 12) + 8)).isEqualTo(77);
        long[] without = {
            1L << 30, 1L << 40, XenTables.M2P_START, 1L << 47, -1L, 0x8000_0000L << 20
        };
        for (long vaddr : without) {
            assertThat(map(vaddr, Pte.of(page, P))).isEqualTo(-Errno.EINVAL);
        }
        assertThat(MmuUpdate.updateVaMapping(m.v, 1, 0x5000, 0)).isZero();
        assertThatThrownBy(() -> m.cpu.mmu.read64(0x5008)).isInstanceOf(GuestFault.class);
    }

    @Test
    void strangePointersAreErrors() {
        long[] pointers = {-8, Long.MIN_VALUE, 2048L << 12, 0, 1L << 52, 1, 2, -7, -6};
        for (long ptr : pointers) {
            assertThat(MmuUpdate.update(m.d, 1, ptr, 0)).isEqualTo(-Errno.EINVAL);
        }
        assertThat(MmuUpdate.update(m.d, 1, 4, 0)).isEqualTo(-Errno.ENOSYS);
    }

    @Test
    void ordinaryPagesAreJustWrittenUnlessInUseAsDescriptors() {
        long page = m.frame();
        assertThat(MmuUpdate.update(m.d, 1, page << 12, 0x1234)).isZero();
        assertThat(m.memory.get64(page << 12)).isEqualTo(0x1234);
        m.memory.zero(page);
        assertThat(m.v.setGdt(new long[] {page}, 512)).isZero();
        assertThat(MmuUpdate.update(m.d, 1, page << 12, 0x1234)).isEqualTo(-Errno.EINVAL);
        assertThat(MmuextOp.clearPage(m.paging, page)).isEqualTo(-Errno.EINVAL);
        assertThat(MmuextOp.copyPage(m.paging, m.frame(), page)).isZero();
        assertThat(MmuextOp.copyPage(m.paging, m.table[1], page)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void machphysWritesOnlyOwnFrames() {
        long page = m.frame();
        assertThat(MmuUpdate.update(m.d, 1, page << 12 | 1, 0x777)).isZero();
        assertThat(m.frames.m2p().pfn(page)).isEqualTo(0x777);
        assertThat(m.cpu.mmu.read64(XenTables.M2P_START + 8 * page)).isEqualTo(0x777);
        long vaddr = XenTables.M2P_START + 8 * page;
        assertThatThrownBy(() -> m.cpu.mmu.write64(vaddr, 0)).isInstanceOf(GuestFault.class);
        assertThatThrownBy(() -> m.cpu.mmu.read64(XenTables.M2P_START + (1 << 20)))
                .isInstanceOf(GuestFault.class);
        assertThatThrownBy(() -> m.cpu.mmu.read64(m.cpu.gdtBase)).isInstanceOf(GuestFault.class);
    }

    @Test
    void accessedAndDirtyAreKeptOnRequest() {
        long page = m.frame();
        assertThat(map(0x5000, Pte.of(page, PRW | Pte.A | Pte.D))).isZero();
        long ptr = TestMachine.at(m.table[1], 5);
        assertThat(MmuUpdate.update(m.d, 1, ptr | 2, Pte.of(page, P))).isZero();
        assertThat(m.get(m.table[1], 5) & (Pte.A | Pte.D | Pte.RW)).isEqualTo(Pte.A | Pte.D);
        assertThat(MmuUpdate.update(m.d, 1, ptr, Pte.of(page, P))).isZero();
        assertThat(m.get(m.table[1], 5) & (Pte.A | Pte.D)).isZero();
    }

    @Test
    void upperUpdatesFlushAtOnce() {
        long page = m.frame();
        assertThat(map(0x5000, Pte.of(page, PRW))).isZero();
        m.cpu.mmu.write64(0x5000, 1);
        assertThat(MmuUpdate.update(m.d, 1, TestMachine.at(m.table[2], 0), 0)).isZero();
        assertThatThrownBy(() -> m.cpu.mmu.read64(0x5000)).isInstanceOf(GuestFault.class);
        assertThat(m.frames.typeCount(m.table[1])).isZero();
        assertThat(m.frames.typeCount(page)).isZero();
    }

    // ---- descriptors -------------------------------------------------------------------------

    @Test
    void theGdtIsReadThroughTheHypervisorsMap() {
        assertThat(m.cpu.mmu.readSystem(m.cpu.gdtBase + 0xe030, 8))
                .isEqualTo(0x00af_fb00_0000_ffffL);
        assertThat(m.cpu.mmu.readSystem(m.cpu.gdtBase + 0x10, 8)).isZero();
        long gdt = m.frame();
        m.set(gdt, 2, 0x00af_9b00_0000_ffffL);
        assertThat(m.v.setGdt(new long[] {gdt}, 16)).isZero();
        assertThat(m.cpu.mmu.readSystem(m.cpu.gdtBase + 0x10, 8))
                .as("with DPL 3")
                .isEqualTo(0x00af_fb00_0000_ffffL);
        assertThat(m.frames.type(gdt)).isEqualTo(PageType.SEG_DESC);
        assertThat(map(0x5000, Pte.of(gdt, PRW))).isEqualTo(-Errno.EBUSY);
        long maddr = TestMachine.at(gdt, 3);
        assertThat(MmuextOp.updateDescriptor(m.paging, maddr, 0x00cf_9300_0000_ffffL)).isZero();
        assertThat(m.get(gdt, 3)).isEqualTo(0x00cf_f300_0000_ffffL);
        long tss = 0x0000_8900_0000_0067L;
        assertThat(MmuextOp.updateDescriptor(m.paging, maddr, tss)).isEqualTo(-Errno.EINVAL);
        assertThat(MmuextOp.updateDescriptor(m.paging, maddr + 1, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(MmuextOp.updateDescriptor(m.paging, -8, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(MmuextOp.updateDescriptor(m.paging, TestMachine.at(m.table[2], 9), 0))
                .isEqualTo(-Errno.EINVAL);
        long bad = m.frame();
        m.set(bad, 511, tss);
        assertThat(m.v.setGdt(new long[] {gdt, bad}, 1024)).isEqualTo(-Errno.EINVAL);
        assertThat(m.frames.typeCount(gdt)).isEqualTo(1);
        assertThat(m.v.setGdt(new long[0], 7169)).isEqualTo(-Errno.EINVAL);
        assertThat(m.v.setGdt(new long[0], 0)).isZero();
        assertThat(m.frames.typeCount(gdt)).isZero();
    }

    @Test
    void ldtPagesAreMappedWhenTheyAreRead() {
        long ldt = m.frame();
        m.set(ldt, 1, 0x00cf_f300_0000_ffffL);
        assertThat(map(0x9000, Pte.of(ldt, P))).isZero();
        assertThat(m.v.setLdt(0x9001, 4)).isEqualTo(-Errno.EINVAL);
        assertThat(m.v.setLdt(0x9000, 8193)).isEqualTo(-Errno.EINVAL);
        assertThat(m.v.setLdt(0x9000, 4)).isZero();
        long vaddr = m.cpu.ldtBase + 8;
        assertThatThrownBy(() -> m.cpu.mmu.readSystem(vaddr, 8)).isInstanceOf(GuestFault.class);
        assertThat(m.v.inLdtArea(vaddr)).isTrue();
        assertThat(m.v.guestLdtAddress(vaddr)).isEqualTo(0x9008);
        assertThat(m.v.mapLdtPage(vaddr)).isTrue();
        assertThat(m.cpu.mmu.readSystem(vaddr, 8)).isEqualTo(0x00cf_f300_0000_ffffL);
        assertThat(m.v.mapLdtPage(vaddr + 4096)).isFalse();
        assertThat(m.differences()).isEmpty();
        assertThat(m.v.setLdt(0, 0)).isZero();
        assertThat(m.frames.typeCount(ldt)).isZero();
    }

    // ---- writable page tables ----------------------------------------------------------------

    /** Returns one store, as if an instruction had done it. */
    private static final class OneStore implements Engine {
        private final int size;
        private final long vaddr;
        private final long oldValue;
        private final long value;

        OneStore(long vaddr, int size, long oldValue, long value) {
            this.vaddr = vaddr;
            this.size = size;
            this.oldValue = oldValue;
            this.value = value;
        }

        @Override
        public Exit run(Cpu cpu) {
            throw new AssertionError();
        }

        @Override
        public @Nullable CapturedStore captureStore(Cpu cpu, long at) {
            Cpu.Snapshot before = cpu.snapshot();
            cpu.rip += 4;
            return new CapturedStore(vaddr, size, oldValue, value, false, before);
        }
    }

    private boolean store(long vaddr, int size, long oldValue, long value) {
        return WritablePageTables.emulateStore(
                m.v, new OneStore(vaddr, size, oldValue, value), vaddr);
    }

    @Test
    void trappedStoresAreValidated() {
        long page = m.frame();
        long slot9 = 0x1000 + 9 * 8;
        assertThat(store(slot9, 8, 0, Pte.of(page, PRW))).as("assist is off").isFalse();
        m.d.setWritablePageTables(true);
        assertThat(store(slot9, 8, 0, Pte.of(page, PRW))).isTrue();
        assertThat(m.frames.typeCount(page)).isEqualTo(1);
        assertThat(m.cpu.rip).isEqualTo(4);

        assertThat(store(slot9, 8, m.get(m.table[1], 9), Pte.of(m.table[2], PRW))).isFalse();
        assertThat(m.cpu.rip).as("restored").isEqualTo(4);
        assertThat(Pte.mfn(m.get(m.table[1], 9))).isEqualTo(page);

        long low = m.get(m.table[1], 9) & 0xff;
        assertThat(store(slot9, 1, low, low & ~2)).as("one byte").isTrue();
        assertThat(m.frames.typeCount(page)).isZero();
        assertThat(m.frames.count(page)).isEqualTo(2);

        assertThat(store(slot9, 8, 12345, 0)).as("lost a race: again").isTrue();
        assertThat(Pte.mfn(m.get(m.table[1], 9))).isEqualTo(page);
        assertThat(store(slot9 + 1, 8, 0, 0)).as("misaligned").isFalse();
        assertThat(store(slot9, 8, m.get(m.table[1], 9), 0)).isTrue();
        assertThat(m.frames.count(page)).isEqualTo(1);
        assertThat(store(0x7000, 8, 0, 0)).as("not mapped").isFalse();
        assertThat(map(0x7000, Pte.of(m.table[2], P))).isZero();
        assertThat(store(0x7000, 8, 0, 0)).as("level 2").isFalse();
    }

    // ---- grants ------------------------------------------------------------------------------

    @Test
    void grantMappingsCountAgainstTheGrantingFrame() {
        DomainMemory other = new DomainMemory(m.frames, 2, 10);
        long foreign = m.frames.allocate(other, 0);
        assertThat(m.frames.getPageWritable(foreign, 2)).isTrue();
        assertThat(GrantMapping.create(m.v, 0x5000, false, foreign, false, false, 3)).isZero();
        assertThat(m.differences()).isEmpty();
        m.cpu.mmu.write64(0x5000, 9);
        assertThat(m.memory.get64(foreign << 12)).isEqualTo(9);
        assertThat(m.frames.types().pin(other, foreign, 1)).isEqualTo(-Errno.EINVAL);
        assertThat(GrantMapping.destroy(m.v, 0x5000, false, foreign, true)).isNegative();
        assertThat(GrantMapping.destroy(m.v, 0x5000, false, foreign + 1, false)).isNegative();
        assertThat(GrantMapping.destroy(m.v, 0x5000, false, foreign, false)).isZero();
        m.frames.putPageWritable(foreign);
        assertThatThrownBy(() -> m.cpu.mmu.read64(0x5000)).isInstanceOf(GuestFault.class);

        assertThat(m.frames.getPage(foreign, 2)).isTrue();
        long pte = TestMachine.at(m.table[1], 6);
        assertThat(GrantMapping.create(m.v, pte + 4, true, foreign, true, true, 0)).isNegative();
        assertThat(GrantMapping.create(m.v, -8, true, foreign, true, true, 0)).isNegative();
        assertThat(GrantMapping.create(m.v, pte, true, foreign, true, true, 0)).isZero();
        assertThat(m.cpu.mmu.read64(0x6000)).isEqualTo(9);
        other.release();
        m.frames.finishReaping();
        assertThat(m.frames.owner(foreign)).as("still mapped").isEqualTo(2);
        assertThat(MmuUpdate.update(m.d, 1, pte, 0)).as("implicit unmap").isZero();
        assertThat(m.frames.owner(foreign)).isEqualTo(FrameTable.FREE);
        assertThatThrownBy(() -> m.cpu.mmu.read64(0x6000)).isInstanceOf(GuestFault.class);
        assertThat(GrantMapping.destroy(m.v, pte, true, foreign, true)).isNegative();
    }

    @Test
    void theMapperMayDieBeforeTheGranterAndAfterIt() {
        DomainMemory other = new DomainMemory(m.frames, 2, 10);
        long foreign = m.frames.allocate(other, 0);
        GrantTable granter = new GrantTable(m.frames, other, 1, domid -> null);
        GrantTable mapper = new GrantTable(m.frames, m.d, 1, domid -> null);
        granter.seed(8, 1, foreign);
        for (int device = 0; device <= 1; device++) {
            assertThat(granter.acquire(8, 1, false)).isEqualTo(foreign);
            long vaddr = 0x5000 + 0x1000L * device;
            assertThat(GrantMapping.create(m.v, vaddr, false, foreign, false, false, 0)).isZero();
            mapper.maptrack()
                    .set(
                            mapper.maptrack().take(0),
                            new Maptrack.Mapping(granter, 8, foreign, vaddr, 2 | device));
        }
        assertThat(granter.map(8, 1, Gnttab.DEVICE_MAP)).isEqualTo(foreign);
        assertThat(map(0x5000, 0)).as("implicit unmap").isZero();
        granter.release();
        other.release();
        m.frames.finishReaping();
        assertThat(m.frames.owner(foreign)).isEqualTo(2);
        mapper.release();
        m.frames.finishReaping();
        assertThat(m.frames.owner(foreign)).as("the other entry is there still").isEqualTo(2);
        m.paging.release();
        m.frames.finishReaping();
        assertThat(m.frames.owner(foreign)).isEqualTo(FrameTable.FREE);
    }

    // ---- reservations ------------------------------------------------------------------------

    @Test
    void exchangeIsAllOrNothing() {
        long a = m.frame();
        long b = m.frame();
        long mapped = m.frame();
        assertThat(map(0x5000, Pte.of(mapped, P))).isZero();
        long total = m.d.totalPages();
        long[] pfns = {100, 101};
        assertThat(Reservation.exchange(m.d, new long[] {a, mapped}, 0, pfns, 0, 0))
                .containsExactly(-Errno.EINVAL);
        assertThat(Reservation.exchange(m.d, new long[] {a, a}, 0, pfns, 0, 0))
                .containsExactly(-Errno.EINVAL);
        assertThat(Reservation.exchange(m.d, new long[] {a, -1}, 0, pfns, 0, 0))
                .containsExactly(-Errno.EINVAL);
        assertThat(Reservation.exchange(m.d, new long[] {Long.MAX_VALUE}, 1, pfns, 0, 0))
                .containsExactly(-Errno.EINVAL);
        assertThat(Reservation.exchange(m.d, new long[] {a}, 0, pfns, 0, 0))
                .containsExactly(-Errno.EINVAL);
        assertThat(Reservation.exchange(m.d, new long[] {a}, 64, pfns, 0, 0))
                .containsExactly(-Errno.EPERM);
        long[] out = Reservation.exchange(m.d, new long[] {a, b}, 0, new long[] {100}, 1, 0);
        assertThat(out).hasSize(1);
        assertThat(m.frames.m2p().pfn(out[0] + 1)).isEqualTo(101);
        assertThat(m.d.totalPages()).isEqualTo(total);
    }

    @Test
    void reservationsKeepWithinTheMaximum() {
        long mfn = Reservation.populate(m.d, 300, 0, 0);
        assertThat(m.frames.m2p().pfn(mfn)).isEqualTo(300);
        assertThat(Reservation.populate(m.d, 0, 10, 0)).isEqualTo(-Errno.EPERM);
        m.d.setMaxPages(m.d.totalPages());
        assertThat(Reservation.increase(m.d, 0, 0)).isEqualTo(-Errno.ENOMEM);
        assertThat(Reservation.decrease(m.d, mfn, 0)).isZero();
        assertThat(Reservation.decrease(m.d, mfn, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(Reservation.decrease(m.d, -1, 0)).isEqualTo(-Errno.EINVAL);
        assertThat(Reservation.decrease(m.d, Long.MAX_VALUE, 3)).isEqualTo(-Errno.EINVAL);
        assertThat(Reservation.increase(m.d, 0, 0)).isPositive();
        long shared = m.frames.allocateShared(m.d);
        assertThat(Reservation.decrease(m.d, shared, 0)).isZero();
        assertThat(Reservation.decrease(m.d, shared, 0)).as("gone").isEqualTo(-Errno.EINVAL);
        m.frames.freeShared(shared);
    }
}
