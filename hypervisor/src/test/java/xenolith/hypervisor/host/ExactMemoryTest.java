package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;

/** As {@link ExactAnswersTest}, of calls on memory, grants and page tables. */
class ExactMemoryTest extends TwoGuests {
    private static final int SELF = 0x7ff0;
    private static final int EXCHANGE = 11;
    private static final int ACCESS_OP = 21;
    private static final int ACQUIRE_RESOURCE = 28;

    // ---- memory ------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({"5", "9", "10", "12", "13", "16", "17", "18", "19", "25", "30"})
    void anIndexIsAPartOfTheNumberOfThese(int operation) {
        assertThat(g.call(Hypercall.MEMORY_OP, operation | 1 << 6, AT)).isEqualTo(-Errno.ENOSYS);
    }

    @Test
    void operationsOfHvmGuestsSeeThatThisIsNone() {
        g.put64(AT + 32, SELF);
        assertThat(g.call(Hypercall.MEMORY_OP, 16, AT)).isEqualTo(-Errno.EINVAL);
        g.put64(AT + 32, 77);
        assertThat(g.call(Hypercall.MEMORY_OP, 17, AT)).isEqualTo(-Errno.ESRCH);
        g.put64(AT, (long) SELF << 16);
        assertThat(g.call(Hypercall.MEMORY_OP, ACCESS_OP, AT)).isEqualTo(-Errno.ESRCH);
        g.put64(AT, (long) g.d.domid() << 16);
        assertThat(g.call(Hypercall.MEMORY_OP, ACCESS_OP, AT)).isEqualTo(-Errno.EPERM);
        g.put64(AT, (long) g32.d.domid() << 16);
        assertThat(g.call(Hypercall.MEMORY_OP, ACCESS_OP, AT)).isEqualTo(-Errno.EINVAL);
    }

    private long acquire(int domid, long frame) {
        g.put64(AT, domid);
        g.put64(AT + 8, 1);
        g.put64(AT + 16, frame);
        return g.call(Hypercall.MEMORY_OP, ACQUIRE_RESOURCE, AT);
    }

    @Test
    void resourcesAreOfOtherDomains() {
        assertThat(acquire(77, 0xffff_ffffL)).as("frames to 2^32").isEqualTo(-Errno.EINVAL);
        assertThat(acquire(77, 0xffff_fffeL)).isEqualTo(-Errno.ESRCH);
        assertThat(acquire(SELF, 0)).isEqualTo(-Errno.ESRCH);
        assertThat(acquire(g.d.domid(), 0)).isEqualTo(-Errno.EPERM);
        assertThat(acquire(g32.d.domid(), 0)).isEqualTo(-Errno.EPERM);
    }

    @Test
    void deviceModelsNameOtherDomainsToo() {
        assertThat(g.call(Hypercall.DM_OP, SELF, 0, AT)).isEqualTo(-Errno.ENODATA);
        assertThat(g.call(Hypercall.DM_OP, SELF, 4, AT)).isEqualTo(-Errno.E2BIG);
        assertThat(g.call(Hypercall.DM_OP, SELF, 2, END - 16)).isEqualTo(-Errno.EFAULT);
        assertThat(g.call(Hypercall.DM_OP, SELF, 1, END - 16)).isEqualTo(-Errno.ESRCH);
        assertThat(g.call(Hypercall.DM_OP, g.d.domid(), 1, AT)).isEqualTo(-Errno.EPERM);
        assertThat(g.call(Hypercall.DM_OP, g32.d.domid(), 1, AT)).isEqualTo(-Errno.EINVAL);
    }

    /** {list, count, order u32, flags u32, domid u16}. */
    private void extents(long at, long list, long order, long flags) {
        g.put64(at, list);
        g.put64(at + 8, 1);
        g.put32(at + 16, order);
        g.put32(at + 20, flags);
        g.put64(at + 24, SELF);
    }

    @Test
    void anExchangeKeepsToTheBitsThatWereAskedFor() {
        long page = Arrays.stream(g.mfns).skip(10).filter(m -> m >= 512).findFirst().orElseThrow();
        int pfn = Arrays.stream(g.mfns).boxed().toList().indexOf(page);
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, pfn * 4096L, 0, 0)).isZero();
        extents(AT, AT + 128, 0, 0);
        extents(AT + 32, AT + 136, 0, 21);
        g.put64(AT + 64, 0);
        g.put64(AT + 128, page);
        g.put64(AT + 136, pfn);
        assertThat(g.call(Hypercall.MEMORY_OP, EXCHANGE, AT)).isZero();
        assertThat(g.get64(AT + 136)).isBetween(1L, 511L);
    }

    /** Unmaps page {@code pfn}, so that its frame can be exchanged. */
    private long unused(int pfn) {
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, pfn * 4096L, 0, 0)).isZero();
        return g.mfns[pfn];
    }

    private long exchange(long in, long out, int count) {
        extents(AT, in, 0, 0);
        extents(AT + 32, out, 0, 0);
        g.put64(AT + 8, count);
        g.put64(AT + 40, count);
        g.put64(AT + 64, 0);
        return g.call(Hypercall.MEMORY_OP, EXCHANGE, AT);
    }

    @Test
    void anExchangeWhoseNumbersCannotBeReadHappens() {
        long pages = g.d.memory.totalPages();
        g.put64(AT + 128, unused(20));
        g.put64(AT + 136, unused(21));
        g.put64(END - 8, 20);
        assertThat(exchange(AT + 128, END - 8, 2)).isEqualTo(-Errno.EFAULT);
        assertThat(g.get64(AT + 64)).as("exchanged").isOne();
        assertThat(host.frames.owner(g.mfns[20])).isNegative();
        assertThat(host.frames.owner(g.get64(END - 8))).isEqualTo(g.d.domid());
        assertThat(host.frames.owner(g.mfns[21])).as("done, and not told").isNegative();
        assertThat(g.d.memory.totalPages()).isEqualTo(pages);
    }

    @Test
    void whatIsWrongInAChunkIsSaidInItsOrder() {
        extents(AT, END - 8, 0, 0);
        extents(AT + 32, AT + 200, 1, 0);
        g.put64(AT + 8, 2);
        g.put64(AT + 64, 0);
        g.put64(END - 8, g.mfns[1]);
        assertThat(g.call(Hypercall.MEMORY_OP, EXCHANGE, AT)).as("in use").isEqualTo(-Errno.EINVAL);
        g.put64(END - 8, unused(20));
        assertThat(g.call(Hypercall.MEMORY_OP, EXCHANGE, AT)).isEqualTo(-Errno.EFAULT);
        assertThat(host.frames.owner(g.mfns[20])).isEqualTo(g.d.domid());
    }

    private long decrease(long mfn) {
        extents(AT, AT + 128, 0, 0);
        g.put64(AT + 128, mfn);
        return g.call(Hypercall.MEMORY_OP, 1, AT);
    }

    @Test
    void aSharedPageThatIsGivenBackLastsAsLongAsItIsMapped() {
        long info = g.d.sharedInfo() >>> 12;
        long entry = Pte.of(info, Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D);
        unused(20);
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x14000, entry, 0)).isZero();
        assertThat(decrease(info)).isOne();
        assertThat(decrease(info)).as("again").isOne();
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x15000, entry, 0)).as("mapped").isZero();
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x14000, 0, 0)).isZero();
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x15000, 0, 0)).isZero();
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x14000, entry, 0)).isEqualTo(-Errno.EBUSY);
        assertThat(decrease(info)).isZero();
        assertThat(host.frames.owner(info)).as("still the hypervisor's").isEqualTo(g.d.domid());
    }

    /** {list, count, order, flags, domid}, words of 4 bytes. */
    private void extents32(long at, long count, long order) {
        g32.put32(at, AT + 128);
        g32.put32(at + 4, count);
        g32.put32(at + 8, order);
        g32.put32(at + 12, 0);
        g32.put32(at + 16, SELF);
    }

    private long exchange32(long in, long inOrder, long out, long outOrder, long done) {
        extents32(AT, in, inOrder);
        extents32(AT + 20, out, outOrder);
        g32.put32(AT + 40, done);
        return (int) g32.call(Hypercall.MEMORY_OP, EXCHANGE, AT);
    }

    @Test
    void a32BitGuestsExchangeIsCheckedBeforeItsListsAreTranslated() {
        assertThat(exchange32(4, 0, 1, 3, 0)).as("sizes").isEqualTo(-Errno.EINVAL);
        assertThat(exchange32(8, 0, 1, 3, 4)).as("within a chunk").isEqualTo(-Errno.EINVAL);
        assertThat(exchange32(1024, 0, 1, 10, 0)).as("too long a list").isEqualTo(-Errno.E2BIG);
        assertThat(exchange32(1, 10, 1, 10, 0)).as("order 10").isEqualTo(-Errno.EPERM);
        assertThat(exchange32(8, 0, 1, 3, 8)).as("done").isZero();
    }

    // ---- grants ------------------------------------------------------------------------------

    @Test
    void a32BitGuestMaySetUpNoTable() {
        for (int operation : new int[] {2, 9}) {
            assertThat(g32.call(Hypercall.GRANT_TABLE_OP, operation, AT, 0)).isZero();
            assertThat((int) g32.call(Hypercall.GRANT_TABLE_OP, operation, AT, 2))
                    .isEqualTo(-Errno.EINVAL);
            assertThat(g.call(Hypercall.GRANT_TABLE_OP, operation, AT, 0)).isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void aFlushLooksForItsGrantFromItsIndexOn() {
        assertThat(g32.d.grants.grow(16)).isTrue();
        long page = g32.mfns[20];
        g32.d.grants.seed(5000, g.d.domid(), page);
        assertThat(g32.d.grants.acquire(5000, g.d.domid(), true)).isEqualTo(page);
        g.put64(AT, page << 12);
        // 8 bytes from the page's beginning; clean.
        g.put64(AT + 8, 8L << 16 | 1L << 32);
        for (int from : new int[] {0, 4096, 8192}) {
            long rc = g.call(Hypercall.GRANT_TABLE_OP, 12 | from, AT, 1);
            assertThat(rc).as("from %d", from).isEqualTo(from <= 4096 ? 0 : -Errno.EINVAL);
        }
        g32.d.grants.release(5000, page, true);
    }

    // ---- page tables -------------------------------------------------------------------------

    @Test
    void theTablesOfDomain0AreNotForOthers() {
        long tables = 1L << 16 | SELF;
        assertThat(g.call(Hypercall.MMU_UPDATE, AT, 0, 0, tables)).isZero();
        for (int command = 0; command < 5; command++) {
            g.put64(AT, (g.mfns[0] << 12) + 8 * 30 | command);
            g.put64(AT + 8, 0);
            assertThat(g.call(Hypercall.MMU_UPDATE, AT, 1, 0, tables))
                    .as("command %d", command)
                    .isEqualTo(command < 4 ? -Errno.EPERM : -Errno.ENOSYS);
        }
    }

    private long update32(int page, int slot, long entry) {
        g32.put64(AT, (g32.mfns[page] << 12) + 8L * slot);
        g32.put64(AT + 8, entry);
        return (int) g32.call(Hypercall.MMU_UPDATE, AT, 1, 0, SELF);
    }

    /** As PAE kernels with a linear map have it: all four level-2 tables appear as pages. */
    @Test
    void theLastLevel2TableMayBePartOfALinearMap() {
        long flags = Pte.P | Pte.U | Pte.A;
        assertThat(update32(3, 10, Pte.of(g32.mfns[3], flags | Pte.RW)))
                .as("writable")
                .isEqualTo(-Errno.EINVAL);
        assertThat(update32(3, 10, Pte.of(g32.mfns[3], flags))).as("itself").isZero();
        assertThat(update32(3, 11, Pte.of(g32.mfns[1], flags))).as("another").isZero();
        assertThat(host.audit()).isEmpty();
        assertThat(update32(1, 11, Pte.of(g32.mfns[3], flags))).as("a chain").isNegative();
        assertThat(update32(3, 11, 0)).isZero();
        assertThat(update32(1, 11, Pte.of(g32.mfns[3], flags))).as("by another").isZero();
        assertThat(host.audit()).isEmpty();
        assertThat(update32(1, 11, 0)).isZero();
        assertThat(update32(3, 10, 0)).isZero();
    }

    @Test
    void a32BitGuestMayAskForNothing() {
        assertThat(g32.call(Hypercall.MMUEXT_OP, AT, 0, 0, 77)).isZero();
        assertThat(g.call(Hypercall.MMUEXT_OP, AT, 0, 0, 77)).isEqualTo(-Errno.ESRCH);
    }
}
