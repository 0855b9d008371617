package xenolith.hypervisor.host;

import java.util.SplittableRandom;

/** Pieces of code and descriptors for {@link HostileCode}. */
final class HostileSnippets {
    /** What random bytes hardly ever make: the ways into the hypervisor. */
    private static final int[][] SNIPPETS = {
        {0x0f, 0x05}, // syscall
        {0xb8, 23, 0, 0, 0, 0x0f, 0x05}, // iret as a hypercall
        {0xb8, 13, 0, 0, 0, 0x0f, 0x05}, // multicall
        {0xb8, 1, 0, 0, 0, 0x0f, 0x05}, // mmu_update
        {0xb8, 26, 0, 0, 0, 0x0f, 0x05}, // mmuext_op
        {0xcd, 0x80},
        {0xcd, 0x03},
        {0xcc},
        {0xf1},
        {0x0f, 0x0b},
        {0xf4},
        {0x0f, 0x34}, // sysenter
        {0x0f, 0x30}, // wrmsr
        {0x0f, 0x32}, // rdmsr
        {0x0f, 0x22, 0xd8}, // mov cr3, rax
        {0x0f, 0x23, 0xf8}, // mov dr7, rax
        {0x8e, 0xd0}, // mov ss, ax
        {0x8e, 0xd8}, // mov ds, ax
        {0x48, 0xcf}, // iretq
        {0xcb}, // retf
        {0x9d}, // popf
        {0x5c}, // pop rsp
        {0x6c}, // insb
        {0x6e}, // outsb
        {0xeb, 0x00},
        {0x48, 0x8b, 0x00}, // mov rax, [rax]
        {0x48, 0x89, 0x01}, // mov [rcx], rax
        {0xf0, 0x48, 0x0f, 0xb1, 0x11}, // lock cmpxchg [rcx], rdx
        {0xdf, 0x00},
        {0x0f, 0xae, 0x00}, // fxsave
    };

    /** The same for 32-bit guests. */
    private static final int[][] SNIPPETS_32 = {
        {0xcd, 0x82}, // a hypercall
        {0xb8, 23, 0, 0, 0, 0xcd, 0x82}, // iret as a hypercall
        {0xb8, 13, 0, 0, 0, 0xcd, 0x82}, // multicall
        {0xb8, 1, 0, 0, 0, 0xcd, 0x82}, // mmu_update
        {0xb8, 26, 0, 0, 0, 0xcd, 0x82}, // mmuext_op
        {0x0f, 0x05},
        {0x0f, 0x34},
        {0xcd, 0x80},
        {0xcc},
        {0xce}, // into
        {0x0f, 0x0b},
        {0xf4},
        {0x0f, 0x23, 0xf8}, // mov dr7, eax
        {0xcf}, // iret
        {0xcb}, // retf
        {0x9d}, // popf
        {0x07}, // pop es
        {0x17}, // pop ss
        {0xc5, 0x00}, // lds eax, [eax]
        {0xff, 0x18}, // call far [eax]
        {0x8b, 0x00}, // mov eax, [eax]
        {0x89, 0x01}, // mov [ecx], eax
        {0xa5}, // movsd
        {0xf0, 0x0f, 0xc7, 0x08}, // lock cmpxchg8b [eax]
        {0xeb, 0x00},
    };

    /** Descriptors of 32-bit guests, of which those that Xen would not take are left out. */
    private static final long[] DESCRIPTORS = {
        0,
        0x00cf_b200_0000_ffffL, // data of ring 1
        0x00cf_f200_0000_67ffL, // data of ring 3
        0x0040_b600_0000_0fffL, // data that expands down
        0x0000_b200_0000_000fL, // 16 bytes of data
        0x00cf_ba00_0000_ffffL, // code of ring 1
        0x0040_fe00_0000_ffffL, // conforming code
        0x0000_fa00_5000_ffffL, // 16-bit code
        0x0000_6c00_e019_5000L, // a call gate, not present as all of them are
        0x0000_0c02_e019_6000L,
        0x00cf_3200_0000_ffffL, // not present
    };

    private final SplittableRandom random;
    private final boolean compat;
    private final int firstPage;
    private final int pages;

    /**
     * Pieces for a guest with code in {@code pages} pages.
     *
     * @param compat whether it is a 32-bit one
     */
    HostileSnippets(SplittableRandom random, boolean compat, int firstPage, int pages) {
        this.random = random;
        this.compat = compat;
        this.firstPage = firstPage;
        this.pages = pages;
    }

    /** The bytes of one. */
    int[] any() {
        if (!compat) {
            return SNIPPETS[random.nextInt(SNIPPETS.length)];
        }
        int selector = selector();
        return switch (random.nextInt(6)) {
            // MOV EAX, selector; MOV segment register, AX
            case 0 -> {
                int register = 0xc0 | random.nextInt(6) << 3;
                yield new int[] {0xb8, selector & 255, selector >> 8, 0, 0, 0x8e, register};
            }
            // A far call or jump.
            case 1 -> {
                int opcode = random.nextBoolean() ? 0x9a : 0xea;
                int high = (firstPage + random.nextInt(pages)) << 4;
                yield new int[] {
                    opcode, 0, high & 255, high >> 8, 0, selector & 255, selector >> 8
                };
            }
            default -> SNIPPETS_32[random.nextInt(SNIPPETS_32.length)];
        };
    }

    int selector() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(1 << 16);
            case 1 -> 0xe000 | random.nextInt(8) << 3 | random.nextInt(4);
            default -> random.nextInt(16) << 3 | random.nextInt(4);
        };
    }

    /** A descriptor, which the hypervisor may refuse. */
    long descriptor() {
        return DESCRIPTORS[random.nextInt(DESCRIPTORS.length)];
    }
}
