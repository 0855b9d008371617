package xenolith.hypervisor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.log.RefusalLog;
import xenolith.machine.memory.MachineMemory;

class FrameTableTest {
    private final MachineMemory memory = new MachineMemory(1024);
    private final FrameTable frames = new FrameTable(memory, 1, RefusalLog.NONE);
    private final DomainMemory d = new DomainMemory(frames, 1, 500);

    @AfterEach
    void close() {
        memory.close();
    }

    @Test
    void machineFramesDifferFromPseudoPhysicalOnesAndFromEachOther() {
        Set<Long> seen = new HashSet<>();
        for (long pfn = 200; pfn < 700; pfn++) {
            long mfn = frames.allocate(d, pfn);
            assertThat(mfn).isNotNegative().isNotEqualTo(pfn);
            assertThat(seen.add(mfn)).isTrue();
            assertThat(frames.m2p().pfn(mfn)).isEqualTo(pfn);
        }
        assertThat(frames.allocate(d, 700)).as("beyond the maximum").isEqualTo(-1);
        assertThat(d.totalPages()).isEqualTo(500);
    }

    @Test
    void theSeedDecidesTheOrder() {
        try (MachineMemory m1 = new MachineMemory(1024);
                MachineMemory m2 = new MachineMemory(1024)) {
            FrameTable same = new FrameTable(m1, 1, RefusalLog.NONE);
            FrameTable other = new FrameTable(m2, 2, RefusalLog.NONE);
            DomainMemory ds = new DomainMemory(same, 1, 10);
            DomainMemory dother = new DomainMemory(other, 1, 10);
            boolean differs = false;
            for (int i = 0; i < 10; i++) {
                long mfn = frames.allocate(d, i);
                assertThat(same.allocate(ds, i)).isEqualTo(mfn);
                differs |= other.allocate(dother, i) != mfn;
            }
            assertThat(differs).isTrue();
        }
    }

    @Test
    void aFreedFrameIsForgottenAndIsZeroWhenItIsTakenAgain() {
        long mfn = frames.allocate(d, 3);
        memory.put64(mfn << 12, 42);
        long free = frames.freeFrames();
        frames.dropAllocation(mfn);
        assertThat(frames.m2p().pfn(mfn)).isEqualTo(MachineToPhysical.INVALID);
        assertThat(frames.owner(mfn)).isEqualTo(FrameTable.FREE);
        assertThat(frames.freeFrames()).isEqualTo(free + 1);
        assertThat(d.totalPages()).isZero();
        DomainMemory next = new DomainMemory(frames, 2, free + 1);
        for (long taken = -1; taken != mfn; ) {
            taken = frames.allocate(next, -1);
            assertThat(taken).isNotNegative();
        }
        assertThat(memory.get64(mfn << 12)).isZero();
    }

    @Test
    void codeInAFreedFrameIsForgottenAtOnce() {
        long mfn = frames.allocate(d, 3);
        List<Long> written = new ArrayList<>();
        memory.watchCode((maddr, length) -> written.add(maddr >>> 12));
        memory.markCode(mfn << 12 | 256, 64);
        frames.dropAllocation(mfn);
        assertThat(written).containsExactly(mfn);
    }

    @Test
    void aReferenceKeepsTheFrame() {
        long mfn = frames.allocate(d, 3);
        assertThat(frames.getPage(mfn, 1)).isTrue();
        frames.dropAllocation(mfn);
        assertThat(frames.owner(mfn)).isEqualTo(1);
        assertThat(d.totalPages()).isEqualTo(1);
        frames.putPage(mfn);
        assertThat(frames.owner(mfn)).isEqualTo(FrameTable.FREE);
    }

    @Test
    void strangeNumbersAreNobodysFrames() {
        for (long mfn : new long[] {-1, Long.MIN_VALUE, 1024, 1L << 40, Long.MAX_VALUE}) {
            assertThat(frames.getPage(mfn, 1)).isFalse();
            assertThat(frames.getPageWritable(mfn, 1)).isFalse();
            assertThat(frames.owner(mfn)).isEqualTo(FrameTable.FREE);
        }
        assertThat(frames.getPage(0, 1)).isFalse();
        assertThat(frames.getPage(frames.allocate(d, 0), 2)).isFalse();
    }

    @Test
    void blocksAreContiguousAndAligned() {
        long first = frames.allocate(d, 64, 4, 0);
        assertThat(first & 15).isZero();
        for (int i = 0; i < 16; i++) {
            assertThat(frames.owner(first + i)).isEqualTo(1);
            assertThat(frames.m2p().pfn(first + i)).isEqualTo(64 + i);
        }
        assertThat(frames.allocate(d, 0, 9, 0)).isEqualTo(-1);
    }

    @Test
    void sharedFramesAreWritableButNeverTables() {
        long mfn = frames.allocateShared(d);
        assertThat(d.totalPages()).isZero();
        assertThat(frames.getPageWritable(mfn, 1)).isTrue();
        assertThat(frames.types().pin(d, mfn, PageType.L1)).isNegative();
        frames.freeShared(mfn);
        assertThat(frames.owner(mfn)).as("still mapped").isEqualTo(1);
        frames.putPageWritable(mfn);
        assertThat(frames.owner(mfn)).isEqualTo(FrameTable.FREE);
        assertThat(Recount.differences(frames, Recount.OtherReferences.NONE)).isEmpty();
    }

    @Test
    void recountFindsALeak() {
        long mfn = frames.allocate(d, 3);
        assertThat(frames.getPage(mfn, 1)).isTrue();
        assertThat(Recount.differences(frames, Recount.OtherReferences.NONE)).hasSize(1);
        assertThat(Recount.differences(frames, visit -> visit.reference(mfn, false))).isEmpty();
    }
}
