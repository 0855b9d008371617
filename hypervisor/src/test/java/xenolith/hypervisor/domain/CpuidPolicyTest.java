package xenolith.hypervisor.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CpuidPolicyTest {
    private final CpuidPolicy policy = new CpuidPolicy(0xffff);

    private int[] leaf(int leaf) {
        return policy.leaf(leaf, 0, 0, 1_000_000);
    }

    @Test
    void xenSignsItsLeaves() {
        int[] base = leaf(CpuidPolicy.XEN_BASE);
        assertThat(base)
                .containsExactly(CpuidPolicy.XEN_BASE + 5, 0x566e6558, 0x65584d4d, 0x4d4d566e);
        assertThat(leaf(CpuidPolicy.XEN_BASE + 1)[0]).isEqualTo(4 << 16 | 17);
    }

    @Test
    void whatAPvGuestMustNotSeeIsHidden() {
        int edx = leaf(1)[3];
        int ecx = leaf(1)[2];
        // VME, PSE, MCE, MTRR, PGE, MCA, PSE36.
        for (int bit : new int[] {1, 3, 7, 12, 13, 14, 17}) {
            assertThat(edx >>> bit & 1).as("EDX bit %d", bit).isZero();
        }
        // MONITOR, VMX, PCID, XSAVE, OSXSAVE, AVX.
        for (int bit : new int[] {3, 5, 17, 26, 27, 28}) {
            assertThat(ecx >>> bit & 1).as("ECX bit %d", bit).isZero();
        }
        assertThat(ecx >>> 31).isEqualTo(1);
        assertThat(leaf(7)).containsOnly(0);
    }

    @Test
    void longModeNeedsItsThreeBits() {
        assertThat(leaf(0x8000_0001)[3]).isEqualTo(1 << 29 | 1 << 20 | 1 << 11);
    }
}
