package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * UD2 and the letters "xen" before CPUID ask the hypervisor for its own leaves, in both modes;
 * before any other instruction it is an ordinary #UD with RIP at the UD2, or a page fault where
 * there are not even as many bytes.
 */
final class ForcedEmulation implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        String site = a.fresh("site");
        k.attempt(() -> cpuid(a));
        k.expectVector(-1, "forced CPUID in kernel mode");
        a.mov(k.variable("ebx"), RBX);
        k.expect(Mem.at("ebx"), 0x566e_6558L, "EBX of leaf 0x40000000");
        k.user(() -> cpuid(a));
        k.expectVector(0x100, "forced CPUID in user mode");
        k.expect(RBX, 0x566e_6558L, "EBX of leaf 0x40000000 in user mode");
        k.attempt(() -> a.label(site).ud2().raw('x', 'e', 'n').nop());
        k.expectFault(6, -1, "the prefix before a NOP");
        k.expectAddress(Mem.at("exc_rip"), site, "RIP");
        atTheEndOfAPage(k);
    }

    /** Five bytes are read behind any #UD: where there is no page, that is the guest's fault. */
    private static void atTheEndOfAPage(GuestKit k) {
        var a = k.a;
        k.area("edge", 8192);
        a.lea(RDI, Mem.at("edge", 4096)).mov(RSI, 0).mov(RDX, Xen.INVLPG);
        k.hypercall(Xen.UPDATE_VA_MAPPING);
        k.expectResult(0, "unmapping a page");
        a.mov(1, Mem.at("edge", 4094), 0x0f).mov(1, Mem.at("edge", 4095), 0x0b);
        k.attempt(() -> a.lea(RAX, Mem.at("edge", 4094)).push(RAX).ret());
        k.expectFault(14, 0, "UD2 at the end of a page");
        a.lea(RCX, Mem.at("edge", 4096));
        k.expectSame(Mem.at("exc_cr2"), RCX, "the byte behind");
        a.lea(RCX, Mem.at("edge", 4094));
        k.expectSame(Mem.at("exc_rip"), RCX, "RIP of that");
    }

    private static void cpuid(xenolith.testkit.asm.Assembler a) {
        a.mov(4, RAX, 0x4000_0000L).mov(RBX, 0).ud2().raw('x', 'e', 'n').cpuid();
    }
}
