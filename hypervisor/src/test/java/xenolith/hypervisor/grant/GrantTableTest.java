package xenolith.hypervisor.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.log.RefusalLog;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.Recount;
import xenolith.machine.memory.MachineMemory;

/** Domain 1 grants, domain 2 uses, domain 3 lends to domain 1. */
class GrantTableTest {
    private final MachineMemory memory = new MachineMemory(1024);
    private final FrameTable frames = new FrameTable(memory, 5, RefusalLog.NONE);
    private final Map<Integer, GrantTable> tables = new HashMap<>();
    private final DomainMemory granter = new DomainMemory(frames, 1, 20);
    private final DomainMemory lender = new DomainMemory(frames, 3, 20);
    private final GrantTable table = table(granter, 2);
    private final GrantTable lenders = table(lender, 2);
    private final long page = frames.allocate(granter, 0);

    private GrantTable table(DomainMemory d, int max) {
        GrantTable t = new GrantTable(frames, d, max, tables::get);
        tables.put(d.domid(), t);
        return t;
    }

    @AfterEach
    void nothingLeaks() {
        assertThat(Recount.differences(frames, Recount.OtherReferences.NONE)).isEmpty();
        memory.close();
    }

    private void entry1(GrantTable t, int ref, int flags, int domid, long frame) {
        memory.put64(t.entries().at(ref), frame << 32 | (long) domid << 16 | flags);
    }

    private void entry2(GrantTable t, int ref, int flags, int domid, long word, long frame) {
        memory.put64(t.entries().at(ref), word << 32 | (long) domid << 16 | flags);
        memory.put64(t.entries().at(ref) + 8, frame);
    }

    private int status(int ref) {
        return (int) memory.get16(table.entries().statusAt(ref))
                & (Gnttab.READING | Gnttab.WRITING);
    }

    @Test
    void aMappingMarksTheEntryAsLongAsItIsInUse() {
        entry1(table, 9, Gnttab.PERMIT_ACCESS, 2, page);
        assertThat(table.acquire(9, 2, true)).isEqualTo(page);
        assertThat(status(9)).isEqualTo(Gnttab.READING);
        assertThat(table.map(9, 2, Gnttab.DEVICE_MAP | Gnttab.HOST_MAP)).isEqualTo(page);
        assertThat(status(9)).isEqualTo(Gnttab.READING | Gnttab.WRITING);
        assertThat(table.granted(page, 2, 0)).isTrue();
        table.unmap(9, page, Gnttab.HOST_MAP);
        assertThat(status(9)).isEqualTo(Gnttab.READING | Gnttab.WRITING);
        table.unmap(9, page, Gnttab.DEVICE_MAP);
        assertThat(status(9)).isEqualTo(Gnttab.READING);
        table.release(9, page, true);
        assertThat(status(9)).isZero();
        assertThat(table.inUse(9)).isFalse();
        assertThat(table.granted(page, 2, 0)).isFalse();
    }

    @Test
    void whatWasReadFirstHoldsWhileItIsInUse() {
        entry1(table, 9, Gnttab.PERMIT_ACCESS, 2, page);
        assertThat(table.acquire(9, 2, false)).isEqualTo(page);
        entry1(table, 9, Gnttab.INVALID, 7, 1);
        assertThat(table.acquire(9, 2, false)).as("the same again").isEqualTo(page);
        assertThat(table.acquire(9, 7, false)).isEqualTo(GrantStatus.GENERAL_ERROR);
        table.release(9, page, false);
        table.release(9, page, false);
        assertThat(table.acquire(9, 2, false)).isEqualTo(GrantStatus.GENERAL_ERROR);
    }

    @Test
    void refusalsHaveXensStatus() {
        assertThat(table.acquire(512, 2, true)).isEqualTo(GrantStatus.BAD_GNTREF);
        assertThat(table.acquire(-1, 2, true)).isEqualTo(GrantStatus.BAD_GNTREF);
        entry1(table, 9, Gnttab.PERMIT_ACCESS | Gnttab.READONLY, 2, page);
        assertThat(table.acquire(9, 2, false)).isEqualTo(GrantStatus.GENERAL_ERROR);
        entry1(table, 9, Gnttab.PERMIT_ACCESS | Gnttab.SUB_PAGE, 2, page);
        assertThat(table.acquire(9, 2, true)).isEqualTo(GrantStatus.GENERAL_ERROR);
        entry1(table, 9, Gnttab.PERMIT_ACCESS, 2, 0);
        assertThat(table.acquire(9, 2, true)).isEqualTo(GrantStatus.BAD_PAGE);
        assertThat(status(9)).isZero();
    }

    @Test
    void usesOfAKindEndAt128() {
        entry1(table, 9, Gnttab.PERMIT_ACCESS, 2, page);
        for (int i = 0; i < 128; i++) {
            assertThat(table.acquire(9, 2, true)).isEqualTo(page);
        }
        assertThat(table.acquire(9, 2, true)).isEqualTo(GrantStatus.GENERAL_ERROR);
        assertThat(table.acquire(9, 2, false)).isEqualTo(page);
        table.release(9, page, false);
        for (int i = 0; i < 128; i++) {
            table.release(9, page, true);
        }
    }

    @Test
    void versionTwoTellsItsUsesInStatusFrames() {
        assertThat(VersionSwitch.set(table, 2)).isZero();
        assertThat(table.statusFrameCount()).isEqualTo(1);
        assertThat(table.entryCount()).isEqualTo(256);
        entry2(table, 200, Gnttab.PERMIT_ACCESS, 2, 0, page);
        assertThat(table.acquire(200, 2, false)).isEqualTo(page);
        assertThat(memory.get16((table.statusFrame(0) << 12) + 400))
                .isEqualTo(Gnttab.READING | Gnttab.WRITING);
        assertThat(table.entries().header(200) & 0xffff).isEqualTo(Gnttab.PERMIT_ACCESS);
        assertThat(VersionSwitch.set(table, 1)).isEqualTo(-Errno.EBUSY);
        table.release(200, page, false);
        assertThat(status(200)).isZero();
        assertThat(table.grow(2)).isTrue();
        assertThat(VersionSwitch.set(table, 1)).isZero();
        assertThat(table.statusFrameCount()).isZero();
        assertThat(VersionSwitch.set(table, 3)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void theToolstacksEntriesSurviveChangesOfVersionAlsoInUse() {
        table.seed(1, 2, page);
        entry1(table, 20, Gnttab.PERMIT_ACCESS, 2, page);
        assertThat(table.acquire(1, 2, false)).isEqualTo(page);
        assertThat(VersionSwitch.set(table, 2)).isZero();
        assertThat(table.entries().header(1)).isEqualTo(2 << 16 | Gnttab.PERMIT_ACCESS);
        assertThat(table.entries().frame(1)).isEqualTo(page);
        assertThat(table.entries().header(20)).as("not the toolstack's").isZero();
        assertThat(status(1)).isEqualTo(Gnttab.READING | Gnttab.WRITING);
        assertThat(VersionSwitch.set(table, 1)).isZero();
        assertThat(status(1)).isEqualTo(Gnttab.READING | Gnttab.WRITING);
        table.release(1, page, false);
        assertThat(table.entries().header(1)).isEqualTo(2 << 16 | Gnttab.PERMIT_ACCESS);
    }

    @Test
    void versionOneIsRefusedWhileAStatusFrameIsMappedOrAnEntryIsTooWide() {
        assertThat(VersionSwitch.set(table, 2)).isZero();
        assertThat(frames.getPage(table.statusFrame(0), 1)).isTrue();
        assertThat(VersionSwitch.set(table, 1)).isEqualTo(-Errno.EBUSY);
        frames.putPage(table.statusFrame(0));
        entry2(table, 3, Gnttab.PERMIT_ACCESS, 2, 0, 1L << 32);
        assertThat(VersionSwitch.set(table, 1)).isEqualTo(-Errno.ERANGE);
        entry2(table, 3, Gnttab.TRANSITIVE, 2, 0, 0);
        assertThat(VersionSwitch.set(table, 1)).isEqualTo(-Errno.ERANGE);
        entry2(table, 3, Gnttab.ACCEPT_TRANSFER, 2, 0, 5);
        assertThat(VersionSwitch.set(table, 1)).isZero();
        assertThat(table.entries().header(3)).isZero();
    }

    @Test
    void aPartOfAPageMayBeCopiedOnly() {
        assertThat(VersionSwitch.set(table, 2)).isZero();
        int flags = Gnttab.PERMIT_ACCESS | Gnttab.SUB_PAGE;
        entry2(table, 9, flags, 2, 100 << 16 | 40, page);
        assertThat(table.acquire(9, 2, true)).isEqualTo(GrantStatus.GENERAL_ERROR);
        GrantCopying.End end = GrantCopying.acquire(table, 9, 2, true);
        assertThat(end).isEqualTo(new GrantCopying.End(0, page, 40, 100));
        assertThat(table.acquire(9, 2, true)).as("in use").isEqualTo(GrantStatus.GENERAL_ERROR);
        entry2(table, 9, flags, 2, 4096 << 16, page);
        GrantCopying.End again = GrantCopying.acquire(table, 9, 2, false);
        assertThat(again.status()).as("changed").isEqualTo(GrantStatus.GENERAL_ERROR);
        GrantCopying.release(table, 9, true);
        frames.putPage(page);
        assertThat(table.version2Uses()).isZero();
        assertThat(status(9)).isZero();
    }

    @Test
    void aGrantMayBePassedOnOnce() {
        assertThat(VersionSwitch.set(table, 2)).isZero();
        long lent = frames.allocate(lender, 0);
        entry1(lenders, 8, Gnttab.PERMIT_ACCESS | Gnttab.READONLY, 1, lent);
        entry2(table, 9, Gnttab.TRANSITIVE, 2, 3, 8);
        assertThat(table.acquire(9, 2, true)).isEqualTo(GrantStatus.GENERAL_ERROR);
        assertThat(GrantCopying.acquire(table, 9, 2, false).status())
                .as("the lender's is for reading")
                .isEqualTo(GrantStatus.GENERAL_ERROR);
        assertThat(status(9)).isZero();
        GrantCopying.End end = GrantCopying.acquire(table, 9, 2, true);
        assertThat(end).isEqualTo(new GrantCopying.End(0, lent, 0, 4096));
        assertThat(lenders.inUse(8)).isTrue();
        assertThat(GrantCopying.acquire(table, 9, 2, true)).isEqualTo(end);
        GrantCopying.release(table, 9, true);
        assertThat(table.version2Uses()).isEqualTo(1);
        GrantCopying.release(table, 9, true);
        frames.putPage(lent);
        frames.putPage(lent);
        assertThat(lenders.inUse(8)).isFalse();
        assertThat(table.version2Uses()).isZero();

        assertThat(VersionSwitch.set(lenders, 2)).isZero();
        entry2(lenders, 8, Gnttab.TRANSITIVE, 1, 1, 10);
        assertThat(GrantCopying.acquire(table, 9, 2, true).status())
                .as("twice")
                .isEqualTo(GrantStatus.GENERAL_ERROR);
        entry2(table, 9, Gnttab.TRANSITIVE, 2, 1, 8);
        assertThat(GrantCopying.acquire(table, 9, 2, true).status())
                .as("its own")
                .isEqualTo(GrantStatus.GENERAL_ERROR);
        assertThat(status(9)).isZero();
    }

    @Test
    void entriesChangePlacesUnlessTheyAreInUse() {
        assertThat(VersionSwitch.set(table, 2)).isZero();
        entry2(table, 9, Gnttab.PERMIT_ACCESS, 2, 0, page);
        entry2(table, 10, Gnttab.ACCEPT_TRANSFER, 3, 7, 8);
        assertThat(GrantRefs.swap(table, 9, 10)).isZero();
        assertThat(table.entries().header(9)).isEqualTo(3 << 16 | Gnttab.ACCEPT_TRANSFER);
        assertThat(table.acquire(10, 2, true)).isEqualTo(page);
        assertThat(GrantRefs.swap(table, 9, 10)).isEqualTo(GrantStatus.EAGAIN);
        assertThat(GrantRefs.swap(table, 10, 10)).isZero();
        assertThat(GrantRefs.swap(table, 9, 256)).isEqualTo(GrantStatus.BAD_GNTREF);
        table.release(10, page, true);
    }

    @Test
    void aTransferIsCommittedOnceAndThenCompleted() {
        entry1(table, 9, Gnttab.ACCEPT_TRANSFER, 2, 17);
        assertThat(GrantRefs.commitTransfer(table, 9, 3)).isFalse();
        assertThat(GrantRefs.commitTransfer(table, 9, 2)).isTrue();
        assertThat(GrantRefs.commitTransfer(table, 9, 2)).isFalse();
        assertThat(GrantRefs.commitTransfer(table, 1 << 20, 2)).isFalse();
        assertThat(GrantRefs.wantedFrame(table, 9)).isEqualTo(17);
        long sent = frames.allocate(lender, 4);
        frames.transfer(sent, granter, 17);
        GrantRefs.completeTransfer(table, 9, sent);
        assertThat(frames.owner(sent)).isEqualTo(1);
        assertThat(frames.m2p().pfn(sent)).isEqualTo(17);
        assertThat(memory.get64(table.entries().at(9)) & 0xffff_0000_ffffL)
                .isEqualTo((sent & 0xffff) << 32 | 2 | 4 | 8);
    }
}
