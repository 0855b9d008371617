package xenolith.hypervisor.pv;

import java.util.Arrays;
import xenolith.abi.xen.Hypercall;
import xenolith.machine.memory.MachineMemory;

/**
 * The page of stubs by which older kernels make hypercalls, 32 bytes each: push rcx; push r11; mov
 * eax, nr; syscall; pop r11; pop rcx; ret. That of iret does not come back: push rcx; push r11;
 * push rax; mov eax, 23; syscall. The 32-bit ones: mov eax, nr; int 82; ret, and push eax; mov eax,
 * 23; int 82.
 */
public final class HypercallPage {
    private static final int STUB = 32;
    private static final byte INT3 = (byte) 0xcc;

    private HypercallPage() {}

    /** The page of a 64-bit guest, or with {@code compat} of a 32-bit one. */
    public static byte[] of(boolean compat) {
        byte[] page = new byte[MachineMemory.FRAME_SIZE];
        Arrays.fill(page, INT3);
        for (int nr = 0; nr < page.length / STUB; nr++) {
            int[] code = compat ? stub32(nr) : stub64(nr);
            for (int i = 0; i < code.length; i++) {
                page[nr * STUB + i] = (byte) code[i];
            }
        }
        return page;
    }

    private static int[] stub64(int nr) {
        return nr == Hypercall.IRET
                ? new int[] {0x51, 0x41, 0x53, 0x50, 0xb8, nr, 0, 0, 0, 0x0f, 5}
                : new int[] {0x51, 0x41, 0x53, 0xb8, nr, 0, 0, 0, 0x0f, 5, 0x41, 0x5b, 0x59, 0xc3};
    }

    private static int[] stub32(int nr) {
        return nr == Hypercall.IRET
                ? new int[] {0x50, 0xb8, nr, 0, 0, 0, 0xcd, 0x82}
                : new int[] {0xb8, nr, 0, 0, 0, 0xcd, 0x82, 0xc3};
    }
}
