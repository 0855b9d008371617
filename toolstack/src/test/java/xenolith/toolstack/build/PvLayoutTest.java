package xenolith.toolstack.build;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;

/** The layout against what Xen's own builder logged for the same kernels. */
class PvLayoutTest {
    private static XenNotes notes(long base, @Nullable Long initP2m, boolean modStartPfn) {
        return new XenNotes(
                base,
                null,
                base,
                0,
                initP2m,
                modStartPfn,
                "",
                "xen-3.0",
                "generic",
                "",
                false,
                false,
                Abi.BITS64,
                Pae.NO);
    }

    private static final XenNotes LINUX = notes(0xffffffff80000000L, 0x8000000000L, true);

    @Test
    void debiansKernelLiesAsXenLaysIt() {
        // xl create of Debian's 6.1 kernel with 256 MiB and a ramdisk of 0x2bfa10 bytes
        PvLayout l = PvLayout.of(LINUX, 0x1000000, 0x4a00000, 0x2bfa10, 0x10000);
        assertThat(l.kernelPfn()).isEqualTo(0x1000);
        assertThat(l.kernelPages()).isEqualTo(0x3a00);
        assertThat(l.startInfoPfn()).isEqualTo(0x4a00);
        assertThat(l.xenstorePfn()).isEqualTo(0x4a01);
        assertThat(l.consolePfn()).isEqualTo(0x4a02);
        assertThat(l.tablesPfn()).isEqualTo(0x4a03);
        assertThat(l.tables().count()).isEqualTo(0x29);
        assertThat(l.bootStackPfn()).isEqualTo(0x4a2c);
        assertThat(l.mappedEnd()).isEqualTo(0x4c00);
        assertThat(l.ramdiskPfn()).isEqualTo(0x4c00);
        assertThat(l.ramdiskPages()).isEqualTo(0x2c0);
        assertThat(l.p2mPfn()).isEqualTo(0x4ec0);
        assertThat(l.p2mPages() + l.p2mTables().count()).isEqualTo(0x83);
        assertThat(l.end()).isEqualTo(0x4ec0 + 0x83);
    }

    @Test
    void withoutNotesAllLiesInTheFirstMapping() {
        PvLayout l = PvLayout.of(notes(0, null, false), 0x100000, 0x111000, 5000, 0x8000);
        assertThat(l.kernelPfn()).isEqualTo(0x100);
        assertThat(l.ramdiskPfn()).isEqualTo(0x111);
        assertThat(l.p2mPfn()).isEqualTo(0x113);
        assertThat(l.p2mPages()).isEqualTo(0x40);
        assertThat(l.startInfoPfn()).isEqualTo(0x153);
        assertThat(l.tablesPfn()).isEqualTo(0x156);
        assertThat(l.mappedEnd() % 0x400).isZero();
        assertThat(l.mappedEnd() - l.bootStackPfn() - 1).isGreaterThanOrEqualTo(128);
        // one table each of levels 4 to 2, and one of level 1 for each 2 MiB
        assertThat(l.tables().count()).isEqualTo(3 + l.mappedEnd() / 0x200);
        assertThat(l.end()).isEqualTo(l.mappedEnd());
    }

    @Test
    void theMappingGrowsWhenItsTablesNoLongerFit() {
        // all but the tables and the padding ends just below 4 MiB less room for one table
        for (long end = 0x300; end < 0x400; end++) {
            PvLayout l = PvLayout.of(notes(0, null, true), 0, end << 12, 0, 256);
            assertThat(l.mappedEnd() - l.bootStackPfn() - 1).isGreaterThanOrEqualTo(128);
            assertThat(l.tables().count()).isEqualTo(3 + l.mappedEnd() / 0x200);
        }
    }

    @Test
    void tablesOfAnotherSlotAreSharedWhereTheyExist() {
        PvLayout l = PvLayout.of(notes(0, 0x40000000L, true), 0, 0x100000, 0, 0x8000);
        // the same top table and level 3, a level 2 and a level 1 of its own
        assertThat(l.p2mTables().count()).isEqualTo(2);
    }

    @Test
    void leastMemoryIsEnoughAndNoMore() {
        long least = PvLayout.leastMib(LINUX, 0x1000000, 0x4a00000, 0x2bfa10);
        assertThat(fits(least)).isTrue();
        assertThat(fits(least - 1)).isFalse();
    }

    private static boolean fits(long mib) {
        return PvLayout.of(LINUX, 0x1000000, 0x4a00000, 0x2bfa10, mib * 256).end() <= mib * 256;
    }
}
