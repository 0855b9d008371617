package xenolith.hypervisor.domain;

import xenolith.abi.struct.Abi;

/**
 * What CPUID answers: exactly what the processor of this machine implements, x86-64-v2 and some
 * extensions, and Xen's own leaves (public/arch-x86/cpuid.h).
 *
 * <p>The vendor is Intel's, so that VMCALL and SYSENTER are the instructions a guest expects.
 */
public final class CpuidPolicy {
    /** First of Xen's leaves. */
    public static final int XEN_BASE = 0x4000_0000;

    private static final int MAX_BASIC = 7;
    private static final int MAX_EXTENDED = 0x8000_0008;

    // Family 6, model 26 (Nehalem), stepping 5.
    private static final int SIGNATURE = 0x000106a5;

    // Leaf 1 EDX: FPU DE TSC MSR PAE CX8 APIC SEP CMOV PAT CLFSH MMX FXSR SSE SSE2.
    private static final int LEAF1_EDX =
            1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 11 | 1 << 15 | 1 << 16
                    | 1 << 19 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;

    // Leaf 1 ECX: SSE3 PCLMULQDQ SSSE3 CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES HYPERVISOR.
    private static final int LEAF1_ECX =
            1 | 1 << 1 | 1 << 9 | 1 << 13 | 1 << 19 | 1 << 20 | 1 << 22 | 1 << 23 | 1 << 25
                    | 1 << 31;

    // Leaf 7 EBX: FSGSBASE BMI1 BMI2 ERMS SHA.
    private static final int LEAF7_EBX = 1 | 1 << 3 | 1 << 8 | 1 << 9 | 1 << 29;

    // Leaf 80000001 EDX: SYSCALL NX LM.
    private static final int EXT1_EDX = 1 << 11 | 1 << 20 | 1 << 29;

    // Leaf 80000001 ECX: LAHF LZCNT.
    private static final int EXT1_ECX = 1 | 1 << 5;

    private static final int DATA_CACHE = 1;
    private static final int CODE_CACHE = 2;
    private static final int UNIFIED_CACHE = 3;

    private static final String BRAND = "Xenolith x86-64-v2 processor";

    private final long maxMfn;

    /** A policy for a machine whose highest frame number is {@code maxMfn}. */
    public CpuidPolicy(long maxMfn) {
        this.maxMfn = maxMfn;
    }

    /**
     * EAX, EBX, ECX and EDX for {@code leaf} and {@code subleaf} on vCPU {@code vcpu} with {@code
     * tscKhz}.
     */
    public int[] leaf(int leaf, int subleaf, int vcpu, int tscKhz) {
        return leaf(leaf, subleaf, vcpu, tscKhz, Abi.BITS64);
    }

    /** As the other one; a 32-bit guest sees neither long mode nor, on Intel's, SYSCALL. */
    public int[] leaf(int leaf, int subleaf, int vcpu, int tscKhz, Abi abi) {
        int[] out = fullLeaf(leaf, subleaf, vcpu, tscKhz);
        if (leaf == 0x8000_0001 && abi == Abi.BITS32) {
            out[3] &= ~(1 << 11 | 1 << 29);
        }
        return out;
    }

    private int[] fullLeaf(int leaf, int subleaf, int vcpu, int tscKhz) {
        if (leaf >= XEN_BASE && leaf < XEN_BASE + 0x100) {
            return xen(leaf - XEN_BASE, subleaf, tscKhz);
        }
        if (leaf < 0) {
            return extended(leaf);
        }
        if (Integer.compareUnsigned(leaf, MAX_BASIC) > 0) {
            // As an Intel processor: as for the last one.
            return fullLeaf(MAX_BASIC, subleaf, vcpu, tscKhz);
        }
        return switch (leaf) {
            case 0 -> new int[] {MAX_BASIC, text("Genu"), text("ntel"), text("ineI")};
            case 1 -> new int[] {SIGNATURE, vcpu << 25 | 1 << 16 | 8 << 8, LEAF1_ECX, LEAF1_EDX};
            // One call gives all; leaf 4 has the caches.
            case 2 -> new int[] {0x00ff_ff01, 0, 0, 0};
            case 4 -> cache(subleaf);
            case 7 -> new int[] {0, subleaf == 0 ? LEAF7_EBX : 0, 0, 0};
            default -> new int[4];
        };
    }

    /**
     * The caches, which are hints for programs: what counts is that the largest is so large that
     * the C library copies by REP MOVSB up to 3/4 of its size, the quickest way here at any size.
     */
    private static int[] cache(int subleaf) {
        return switch (subleaf) {
            case 0 -> cache(DATA_CACHE, 1, 8, 64);
            case 1 -> cache(CODE_CACHE, 1, 8, 64);
            case 2 -> cache(UNIFIED_CACHE, 2, 16, 1 << 10);
            case 3 -> cache(UNIFIED_CACHE, 3, 16, 1 << 18);
            default -> new int[4];
        };
    }

    /** A self-initializing cache of one thread with {@code sets} times {@code ways} lines of 64. */
    private static int[] cache(int type, int level, int ways, int sets) {
        return new int[] {type | level << 5 | 1 << 8, ways - 1 << 22 | 63, sets - 1, 0};
    }

    private static int[] extended(int leaf) {
        return switch (leaf) {
            case 0x8000_0000 -> new int[] {MAX_EXTENDED, 0, 0, 0};
            case 0x8000_0001 -> new int[] {0, 0, EXT1_ECX, EXT1_EDX};
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> brand(leaf - 0x8000_0002);
            // 46 physical address bits, 48 linear ones.
            case 0x8000_0008 -> new int[] {0x302e, 0, 0, 0};
            default -> new int[4];
        };
    }

    private static int[] brand(int part) {
        String padded = BRAND + "\0".repeat(48 - BRAND.length());
        int[] result = new int[4];
        for (int i = 0; i < 4; i++) {
            result[i] = text(padded.substring(part * 16 + i * 4, part * 16 + i * 4 + 4));
        }
        return result;
    }

    private int[] xen(int leaf, int subleaf, int tscKhz) {
        return switch (leaf) {
            case 0 -> new int[] {XEN_BASE + 5, text("XenV"), text("MMXe"), text("nVMM")};
            case 1 -> new int[] {XenVersion.MAJOR << 16 | XenVersion.MINOR, 0, 0, 0};
            // One hypercall page, by MSR 0x40000000; bit 0: mmu_update preserves A and D.
            case 2 -> new int[] {1, XEN_BASE, 1, 0};
            case 3 -> time(subleaf, tscKhz);
            case 5 -> new int[] {0, 64 - Long.numberOfLeadingZeros(maxMfn) + 12, 0, 0};
            default -> new int[4];
        };
    }

    private static int[] time(int subleaf, int tscKhz) {
        return switch (subleaf) {
            case 0 -> new int[] {4, 0, tscKhz, 0};
            case 2 -> new int[] {tscKhz, 0, 0, 0};
            default -> new int[4];
        };
    }

    private static int text(String four) {
        return four.charAt(0) | four.charAt(1) << 8 | four.charAt(2) << 16 | four.charAt(3) << 24;
    }
}
