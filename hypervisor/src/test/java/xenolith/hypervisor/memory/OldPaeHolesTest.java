package xenolith.hypervisor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.log.RefusalLog;
import xenolith.machine.memory.MachineMemory;

/** Old holes of Xen in the page tables of 32-bit guests, by the number of their advisory. */
class OldPaeHolesTest {
    private final MachineMemory memory = new MachineMemory(1024);
    private final FrameTable frames = new FrameTable(memory, 5, RefusalLog.NONE);
    private final DomainMemory d = new DomainMemory(frames, 1, 20, Abi.BITS32);

    @AfterEach
    void allIsCounted() {
        assertThat(Recount.differences(frames, Recount.OtherReferences.NONE)).isEmpty();
        memory.close();
    }

    @Test
    void xsa185ALevel3TableDoesNotNameItself() {
        long l3 = frames.allocate(d, 0);
        long l2 = frames.allocate(d, 1);
        memory.put64((l3 << 12) + 3 * 8, Pte.of(l2, Pte.P));
        memory.put64(l3 << 12, Pte.of(l3, Pte.P));
        assertThat(frames.types().pin(d, l3, PageType.L3)).isEqualTo(-Errno.EINVAL);
        memory.put64(l3 << 12, 0);
        assertThat(frames.types().pin(d, l3, PageType.L3)).as("without that entry").isZero();
    }
}
