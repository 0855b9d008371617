package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;

import xenolith.testkit.asm.Mem;

/**
 * UD2 and the letters "xen" before CPUID ask the hypervisor for its own leaves, in both modes;
 * before any other instruction it is an ordinary #UD with RIP at the UD2.
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
    }

    private static void cpuid(xenolith.testkit.asm.Assembler a) {
        a.mov(4, RAX, 0x4000_0000L).mov(RBX, 0).ud2().raw('x', 'e', 'n').cpuid();
    }
}
