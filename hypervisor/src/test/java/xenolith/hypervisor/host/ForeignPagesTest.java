package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;

/** mmu_update, update_va_mapping_otherdomain and mmuext_op with another domain's pages. */
class ForeignPagesTest {
    private static final long RW = Pte.P | Pte.RW | Pte.U;

    private final TestHost host = new TestHost(2048, 5);
    private final TestHost.Guest own = host.guest(32, 1);
    private final TestHost.Guest other = host.guest(32, 1);
    private final int domid = other.d.domid();

    @AfterEach
    void free() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    private long update(long ptr, long value, long foreign) {
        own.put64(0x9000, ptr);
        own.put64(0x9008, value);
        return own.call(Hypercall.MMU_UPDATE, 0x9000, 1, 0x9800, foreign);
    }

    /** Machine address of the caller's own level-1 entry of page {@code page}. */
    private long slot(int page) {
        return (own.mfns[0] << 12) + 8L * page;
    }

    private long foreignEntry(int page) {
        return Pte.of(other.mfns[page], RW);
    }

    @Test
    void anUnprivilegedCallerGetsXensAnswers() {
        assertThat(update(slot(40), foreignEntry(9), domid)).isEqualTo(-Errno.EPERM);
        assertThat(update(slot(40), foreignEntry(9), own.d.domid())).isEqualTo(-Errno.ESRCH);
        assertThat(update(slot(40), foreignEntry(9), 77)).isEqualTo(-Errno.ESRCH);
        assertThat(update(slot(40), foreignEntry(9), 0x7ff0 | 78L << 16)).isEqualTo(-Errno.ESRCH);
        assertThat(update(slot(40), foreignEntry(9), 0x7ff0 | 1L << 16))
                .as("tables of domain 0")
                .isEqualTo(-Errno.EPERM);
        assertThat(update(slot(40), foreignEntry(9), Domid.IO)).isEqualTo(-Errno.EBUSY);
        assertThat(update(slot(40), foreignEntry(9), Domid.SELF)).isEqualTo(-Errno.EBUSY);
        long self = Domid.SELF | own.d.domid() + 1L << 16;
        assertThat(update(slot(40), own.entry(9), self)).isZero();
        assertThat(update(slot(9) | 4, 0, domid)).as("no such command").isEqualTo(-Errno.ENOSYS);
        assertThat(own.call(Hypercall.MMU_UPDATE, 0x9000, 0, 0, domid)).as("no request").isZero();
    }

    @Test
    void aPrivilegedCallerMapsForeignPages() {
        own.d.privileged = true;
        int references = host.frames.count(other.mfns[9]);
        assertThat(update(slot(40), foreignEntry(9), domid)).isZero();
        assertThat(host.frames.count(other.mfns[9])).isEqualTo(references + 1);
        assertThat(update(slot(41), Pte.of(other.mfns[0], RW), domid))
                .as("a page table, writable")
                .isEqualTo(-Errno.EBUSY);
        assertThat(update(slot(41), Pte.of(own.mfns[9], RW), domid)).isEqualTo(-Errno.EBUSY);
        long high = (own.mfns[1] << 12) + 8;
        assertThat(update(high, Pte.of(other.mfns[0], RW), domid))
                .as("no foreign pages in level-2 entries")
                .isEqualTo(-Errno.EINVAL);
        assertThat(host.audit()).isEmpty();
        assertThat(update(slot(40), 0, domid)).isZero();
        assertThat(host.frames.count(other.mfns[9])).isEqualTo(references);
    }

    @Test
    void aPrivilegedCallerChangesForeignTables() {
        own.d.privileged = true;
        long tables = domid | domid + 1L << 16;
        long at = (other.mfns[0] << 12) + 8 * 9;
        assertThat(update(at, 0, tables)).isZero();
        assertThat(other.entry(9)).isZero();
        assertThat(update(at | 1, 0x55, tables)).as("machphys").isEqualTo(-Errno.EPERM);
        assertThat(update(other.mfns[9] << 12 | 1, 0x55, domid)).isZero();
        assertThat(host.frames.m2p().pfn(other.mfns[9])).isEqualTo(0x55);
    }

    @Test
    void updateVaMappingOtherdomain() {
        long va = 40 << 12;
        int call = Hypercall.UPDATE_VA_MAPPING_OTHERDOMAIN;
        assertThat(own.call(call, va, foreignEntry(9), 0, domid)).isEqualTo(-Errno.EPERM);
        assertThat(own.call(call, va, foreignEntry(9), 0, own.d.domid())).isEqualTo(-Errno.ESRCH);
        assertThat(own.call(call, va, own.entry(9), 0, Domid.SELF)).isZero();
        own.d.privileged = true;
        assertThat(own.call(call, va, foreignEntry(9), 0, domid)).isZero();
        assertThat(own.entry(40)).isEqualTo(foreignEntry(9) | Pte.G);
        assertThat(own.call(call, va, 0, 0, domid)).isZero();
    }

    @Test
    void flushesOfUpdateVaMappingComeAfterTheUpdate() {
        long va = 40 << 12;
        int call = Hypercall.UPDATE_VA_MAPPING;
        assertThat(own.call(call, va, own.entry(9), 3)).as("neither kind").isZero();
        assertThat(own.call(call, va, own.entry(10), 1 | 1L << 40)).isEqualTo(-Errno.EFAULT);
        assertThat(own.entry(40)).as("done all the same").isEqualTo(own.entry(10));
    }

    @Test
    void mmuextOpOnAForeignDomain() {
        own.put32(0x9000, 16); // clear_page
        own.put64(0x9008, other.mfns[9]);
        other.put64(0x9000, 0x1234);
        int call = Hypercall.MMUEXT_OP;
        assertThat(own.call(call, 0x9000, 1, 0, domid)).isEqualTo(-Errno.EPERM);
        assertThat(own.call(call, 0x9000, 1, 0, own.d.domid())).isEqualTo(-Errno.ESRCH);
        own.d.privileged = true;
        assertThat(own.call(call, 0x9000, 1, 0, Domid.XEN)).isEqualTo(-Errno.EINVAL);
        assertThat(own.call(call, 0x9000, 1, 0, domid)).isZero();
        assertThat(other.get64(0x9000)).isZero();
        own.put32(0x9000, 6); // tlb_flush_local
        assertThat(own.call(call, 0x9000, 1, 0, domid)).isEqualTo(-Errno.EPERM);
    }

    @Test
    void superpagesAreRefusedAndMarkedNever() {
        long at = (own.mfns[1] << 12) + 8;
        long entry = Pte.of(own.mfns[9], RW) | Pte.PS;
        assertThat(update(at, entry, Domid.SELF)).isEqualTo(-Errno.EINVAL);
        assertThat(host.refusal().line()).contains("bits 0x80");
        for (int mark : new int[] {19, 20}) {
            own.put32(0x9000, mark);
            assertThat(own.call(Hypercall.MMUEXT_OP, 0x9000, 1, 0, Domid.SELF))
                    .isEqualTo(-Errno.EOPNOTSUPP);
        }
    }
}
