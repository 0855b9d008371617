package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * The error code of #PF says whether the page was present (1), the access a store (2), from user
 * mode (4), a fetch (16). Kernel and user run at the same privilege level, so that the hypervisor
 * has to work out bit 2 from the guest's mode; cr2 stands in vcpu_info.
 */
final class PageFaultCodes implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        a.mov(RSI, 0);
        k.mapPage("page");
        k.expectResult(0, "unmapping a page");
        a.lea(RBX, Mem.at("page", 0x123));
        String[] what = {"kernel read", "kernel write", "kernel fetch"};
        int[] code = {0, 2, 0x10};
        for (int i = 0; i < 3; i++) {
            int n = i;
            k.attempt(() -> touch(a, n));
            k.expectFault(14, code[i], what[i]);
            k.expectSame(Mem.at("exc_cr2"), RBX, "cr2");
            k.user(() -> touch(a, n));
            k.expectFault(14, code[i] | 4, "user, as " + what[i]);
            k.expectSame(Mem.at("exc_cr2"), RBX, "cr2");
        }
        // Read-only and not executable.
        k.entryOf("page", 0x65);
        a.bit(5, 8, RAX, 63).mov(RSI, RAX);
        k.mapPage("page");
        k.expectResult(0, "mapping a page read-only");
        k.attempt(() -> touch(a, 1));
        k.expectFault(14, 3, "kernel write to a read-only page");
        k.user(() -> touch(a, 1));
        k.expectFault(14, 7, "user write to a read-only page");
        k.attempt(() -> touch(a, 2));
        k.expectFault(14, 0x11, "kernel fetch from a page of data");
        k.user(() -> touch(a, 2));
        k.expectFault(14, 0x15, "user fetch from a page of data");
    }

    private static void touch(xenolith.testkit.asm.Assembler a, int how) {
        switch (how) {
            case 0 -> a.mov(RAX, Mem.at(RBX));
            case 1 -> a.mov(Mem.at(RBX), RAX);
            default -> a.jmp(RBX);
        }
    }
}
