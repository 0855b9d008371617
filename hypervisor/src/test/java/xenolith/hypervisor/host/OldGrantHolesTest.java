package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Gnttab;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantStatus;

/**
 * Old holes of Xen in grant tables, by the number of their advisory; see {@link OldHolesTest}.
 * Domain 1 maps what domain 2 grants.
 */
class OldGrantHolesTest {
    private static final long SELF = 0x7ff0;
    private static final long ARGUMENTS = 0x9000;
    private static final int MAP = 0;
    private static final int UNMAP = 1;
    private static final int TRANSFER = 4;
    private static final int SET_VERSION = 8;
    private static final int STATUS_FRAMES = 9;
    private static final int CACHE_FLUSH = 12;
    private static final int RO = Gnttab.HOST_MAP | Gnttab.MAP_READONLY;
    private static final long VA = 20 << 12;
    private static final int REF = 9;

    private final TestHost host = new TestHost(4096, 5);
    private final TestHost.Guest user = host.guest(40, 2);
    private final TestHost.Guest granter = host.guest(40, 2);

    @AfterEach
    void allIsCounted() {
        assertThat(host.audit()).isEmpty();
        user.d.release();
        granter.d.release();
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    private void grant(int ref, int flags, long mfn) {
        long at = (granter.d.grants.frame(0) << 12) + 8L * ref;
        host.memory.put64(at, flags | (long) user.d.domid() << 16 | mfn << 32);
    }

    private long operate(int command) {
        return user.call(Hypercall.GRANT_TABLE_OP, command, ARGUMENTS, 1);
    }

    /** Maps at {@code address}; the status, with the handle in {@link #handle}. */
    private int map(long address, int flags, int ref) {
        user.put64(ARGUMENTS, address);
        user.put32(ARGUMENTS + 8, flags);
        user.put32(ARGUMENTS + 12, ref);
        user.put64(ARGUMENTS + 16, granter.d.domid());
        assertThat(operate(MAP)).isZero();
        return user.status(ARGUMENTS + 18);
    }

    private long handle() {
        return user.get32(ARGUMENTS + 20);
    }

    private int unmap(long address, long device, long handle) {
        user.put64(ARGUMENTS, address);
        user.put64(ARGUMENTS + 8, device);
        user.put64(ARGUMENTS + 16, handle);
        assertThat(operate(UNMAP)).isZero();
        return user.status(ARGUMENTS + 20);
    }

    @Test
    void xsa214ATransferGivesAwayUnusedPagesOnly() {
        grant(REF, Gnttab.ACCEPT_TRANSFER, 30);
        user.put64(ARGUMENTS, user.mfns[0]);
        user.put16(ARGUMENTS + 8, granter.d.domid());
        user.put32(ARGUMENTS + 12, REF);
        operate(TRANSFER);
        assertThat(user.status(ARGUMENTS + 16)).as("a page table").isNegative();
        assertThat(host.frames.owner(user.mfns[0])).isEqualTo(user.d.domid());
    }

    @Test
    void xsa224HostAndDeviceMappingsEachHoldTheirOwnUse() {
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        int both = Gnttab.HOST_MAP | Gnttab.DEVICE_MAP;
        assertThat(map(VA, both, REF)).isZero();
        long handle = handle();
        assertThat(host.audit()).isEmpty();
        assertThat(unmap(VA, 0, handle)).isZero();
        assertThat(host.audit()).isEmpty();
        assertThat(unmap(VA, 0, handle)).as("again: nothing").isZero();
        assertThat(host.audit()).isEmpty();
        assertThat(unmap(0, granter.mfns[30] << 12, handle)).isZero();
        assertThat(unmap(0, granter.mfns[30] << 12, handle)).isEqualTo(GrantStatus.BAD_HANDLE);
    }

    @Test
    void xsa227AMappingByEntryNeedsAnAlignedOne() {
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        int flags = Gnttab.HOST_MAP | Gnttab.CONTAINS_PTE;
        long entry = (user.mfns[0] << 12) + 8 * 40;
        assertThat(map(entry + 4, flags, REF)).isNegative();
        assertThat(map((user.mfns[1] << 12) + 8 * 40, flags, REF)).as("level 2").isNegative();
        assertThat(map(entry, flags, REF)).isZero();
        assertThat(unmap(entry, 0, handle())).isZero();
    }

    @Test
    void xsa228AHandleStandsForOneMappingOnly() {
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        assertThat(map(VA, RO, REF)).isZero();
        long handle = handle();
        assertThat(unmap(VA, 0, handle)).isZero();
        assertThat(unmap(VA, 0, handle)).isEqualTo(GrantStatus.BAD_HANDLE);
        grant(REF + 1, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        grant(REF + 2, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        Set<Long> handles = new TreeSet<>();
        for (int i = 0; i < 2 * Byte.MAX_VALUE + 8; i++) {
            int ref = REF + i / 100;
            assertThat(map(0, Gnttab.DEVICE_MAP | Gnttab.MAP_READONLY, ref)).isZero();
            assertThat(handles.add(handle())).as("mapping %d", i).isTrue();
        }
        assertThat(handles).as("the one that was put back").doesNotContain(handle);
        for (long each : handles) {
            assertThat(unmap(0, granter.mfns[30] << 12, each)).isZero();
        }
    }

    @Test
    void xsa232FlushingWhatIsNeitherOwnedNorGranted() {
        for (long mfn : new long[] {granter.mfns[30], host.frames.frames() - 1, 1, 1L << 40}) {
            user.put64(ARGUMENTS, mfn << 12);
            user.put32(ARGUMENTS + 8, 64L << 16);
            user.put32(ARGUMENTS + 12, 1);
            assertThat(operate(CACHE_FLUSH)).as("frame 0x%x", mfn).isNegative();
        }
    }

    @Test
    void xsa234AnUnmapTakesTheRightKindOfEntryOnly() {
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        assertThat(map(VA, RO, REF)).isZero();
        final long readOnly = handle();
        assertThat(map(VA + 4096, Gnttab.HOST_MAP, REF)).isZero();
        final long writable = handle();
        assertThat(unmap(VA, 0, writable)).as("a read-only entry").isNegative();
        assertThat(unmap(VA + 4096, 0, readOnly)).as("a writable entry").isNegative();
        assertThat(unmap(VA + 8192, 0, readOnly)).as("another frame").isNegative();
        assertThat(unmap(VA, 0, readOnly)).isZero();
        assertThat(unmap(VA + 4096, 0, writable)).isZero();
    }

    @Test
    void xsa236UsesOfAGrantDoNotOverflow() {
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        int device = Gnttab.DEVICE_MAP | Gnttab.MAP_READONLY;
        int mapped = 0;
        while (mapped < 300 && map(0, device, REF) == 0) {
            mapped++;
        }
        assertThat(mapped).isBetween(100, 255);
        assertThat(host.audit()).isEmpty();
        for (int handle = 0; handle < mapped; handle++) {
            assertThat(unmap(0, granter.mfns[30] << 12, handle)).isZero();
        }
    }

    @Test
    void xsa255And387StatusFramesInUseKeepTheVersion() {
        user.put32(ARGUMENTS, 2);
        assertThat(operate(SET_VERSION)).isZero();
        user.put32(ARGUMENTS, 1);
        user.put32(ARGUMENTS + 4, SELF);
        user.put64(ARGUMENTS + 8, ARGUMENTS + 0x100);
        assertThat(operate(STATUS_FRAMES)).isZero();
        assertThat(user.status(ARGUMENTS + 6)).isZero();
        long mfn = user.get64(ARGUMENTS + 0x100);
        long va = 21 << 12;
        long entry = Pte.of(mfn, Pte.P | Pte.RW | Pte.U);
        assertThat(user.call(Hypercall.UPDATE_VA_MAPPING, va, entry, 0)).isZero();
        user.put32(ARGUMENTS, 1);
        assertThat(operate(SET_VERSION)).isEqualTo(-Errno.EBUSY);
        assertThat(user.call(Hypercall.UPDATE_VA_MAPPING, va, 0, 0)).isZero();
        user.put32(ARGUMENTS, 1);
        assertThat(operate(SET_VERSION)).isZero();
    }

    @Test
    void xsa316AMappingThatFailsSaysSo() {
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[0]);
        assertThat(map(VA, Gnttab.HOST_MAP, REF)).as("a page table, writable").isNegative();
        grant(REF, Gnttab.PERMIT_ACCESS, granter.mfns[30]);
        assertThat(map(0x4000_0000, Gnttab.HOST_MAP, REF)).as("no entry there").isNegative();
        assertThat(map(VA, Gnttab.HOST_MAP, 100_000)).isEqualTo(GrantStatus.BAD_GNTREF);
        assertThat(unmap(VA, 0, 0)).as("no handle was given").isEqualTo(GrantStatus.BAD_HANDLE);
    }

    @Test
    void xsa380LongListsPause() {
        Vcpu v = user.d.vcpu(0);
        user.set(v, Hypercall.GRANT_TABLE_OP, UNMAP, 0xa000, 1000);
        int steps = 1;
        while (user.paused(v)) {
            steps++;
        }
        assertThat(steps).isGreaterThan(2);
    }

    @Test
    void xsa382MoreStatusFramesThanThereAre() {
        user.put32(ARGUMENTS, 2);
        assertThat(operate(SET_VERSION)).isZero();
        user.put64(ARGUMENTS + 0x100, 0);
        user.put64(ARGUMENTS + 0x118, 0x1234);
        user.put32(ARGUMENTS, 4);
        user.put32(ARGUMENTS + 4, SELF);
        user.put64(ARGUMENTS + 8, ARGUMENTS + 0x100);
        assertThat(operate(STATUS_FRAMES)).isZero();
        assertThat(user.status(ARGUMENTS + 6)).isEqualTo(GrantStatus.GENERAL_ERROR);
        assertThat(user.get64(ARGUMENTS + 0x118)).isEqualTo(0x1234);
    }
}
