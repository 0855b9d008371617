package xenolith.hypervisor.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CpuidPolicyTest {
    private static final int BMI1 = 1 << 3;
    private static final int BMI2 = 1 << 8;
    private static final int ERMS = 1 << 9;
    private static final int FSGSBASE = 1;
    private static final int SHA = 1 << 29;

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
        // No AVX2, INVPCID, RTM, AVX-512, SMAP or ADX.
        assertThat(leaf(7)).containsExactly(0, FSGSBASE | BMI1 | BMI2 | ERMS | SHA, 0, 0);
        assertThat(policy.leaf(7, 1, 0, 1_000_000)).containsOnly(0);
    }

    @Test
    void extensionsThatAreBuiltAreAnnounced() {
        // PCLMULQDQ, MOVBE, AES; LZCNT.
        for (int bit : new int[] {1, 22, 25}) {
            assertThat(leaf(1)[2] >>> bit & 1).as("ECX bit %d", bit).isEqualTo(1);
        }
        assertThat(leaf(0x8000_0001)[2] >>> 5 & 1).isEqualTo(1);
    }

    @Test
    void cachesEndWithALargeOne() {
        long[] bytes = new long[5];
        for (int n = 0; n < bytes.length; n++) {
            int[] c = policy.leaf(4, n, 0, 1_000_000);
            int type = c[0] & 0x1f;
            long lines = ((c[1] >>> 22) + 1L) * (c[2] + 1L);
            bytes[n] = type == 0 ? 0 : lines * ((c[1] & 0xfff) + 1);
        }
        assertThat(bytes).containsExactly(32 << 10, 32 << 10, 1 << 20, 256 << 20, 0);
    }

    @Test
    void leavesBehindTheLastAnswerAsTheLast() {
        assertThat(leaf(0x1234)).isEqualTo(leaf(leaf(0)[0]));
    }

    @Test
    void longModeNeedsItsThreeBits() {
        assertThat(leaf(0x8000_0001)[3]).isEqualTo(1 << 29 | 1 << 20 | 1 << 11);
    }
}
