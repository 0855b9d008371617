package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;

/** What the audit is for: each of these is damage that no hypercall could do. */
class AuditTest {
    private final TestHost host = new TestHost(2048, 7);
    private final TestHost.Guest one = host.guest(16, 2);
    private final TestHost.Guest two = host.guest(16, 1);

    @AfterEach
    void free() {
        host.close();
    }

    @Test
    void aHostInOrderIsClean() {
        assertThat(host.audit()).isEmpty();
    }

    private void finds(String... parts) {
        assertThat(host.audit()).anySatisfy(d -> assertThat(d).contains(parts));
    }

    @Test
    void anEntryThatWasWrittenBehindOurBack() {
        one.put64(8 * 9, 0);
        finds("counted type references: 0");
    }

    @Test
    void aWritableMappingOfAPageTable() {
        one.put64(8 * 9, one.entry(1) | Pte.RW);
        finds("is an l2 table of d1", "holds it as a page mapped writable");
        finds("slot 9 of l1 table", "writable, but frame");
    }

    @Test
    void anotherDomainsFrameWithoutAGrant() {
        one.put64(8 * 9, Pte.of(two.mfns[9], Pte.P | Pte.U | Pte.A));
        finds("of d2", "in 1 entries of d1 read-only, granted: 0");
    }

    @Test
    void bitsThatNoTableMayHold() {
        one.put64(4096, one.get64(4096) | Pte.PS);
        finds("slot 0 of l2 table", "bits 0x80");
    }

    @Test
    void anEntryWithoutTheBitsThatKeepUserModeOut() {
        one.put64(8 * 9, one.entry(9) & ~Pte.U);
        finds("slot 9 of l1 table", "without the bits it must have");
    }

    @Test
    void theHypervisorsSlotsInALevel4Table() {
        one.put64(3 * 4096 + 8 * 260, two.get64(3 * 4096 + 8 * 260));
        finds("slot 260 of l4 table", "not what the hypervisor keeps there");
    }

    @Test
    void aDescriptorThatCouldNotBeLoaded() {
        one.put64(8 * 9, 0); // Not mapped writable any more, as set_gdt needs it.
        host.frames.putPageWritable(one.mfns[9]);
        assertThat(one.d.vcpu(0).paging.setGdt(new long[] {one.mfns[9]}, 512)).isZero();
        assertThat(host.audit()).isEmpty();
        one.put64(9 * 4096 + 8, 0x00af_9b00_0000_ffffL); // DPL 0
        finds("descriptor 1 of frame", "0xaf9b000000ffff");
    }

    @Test
    void aFreeFrameWithAPseudoPhysicalNumber() {
        long mfn = host.frames.allocate(one.d.memory, 77);
        host.frames.dropAllocation(mfn);
        host.frames.m2p().set(mfn, 77);
        finds("is free and has a pseudo-physical number");
    }

    @Test
    void anOwnerWithMoreThanItKeepsCountOf() {
        host.frames.getPage(one.mfns[5], 1);
        finds("counted references: 2");
    }
}
