package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;

/**
 * WRMSR of FS_BASE and GS_BASE is emulated and takes effect at once; a non-canonical base is #GP(0)
 * and changes nothing. In kernel mode GS_BASE is the kernel's, KERNEL_GS_BASE the user's: entering
 * user mode swaps them.
 */
final class SegmentBases implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("there", 16);
        a.mov(Mem.at("there"), 0x1234).mov(Mem.at("there", 8), 0x5678);
        k.attempt(() -> base(a, 0xc000_0100L, 0));
        k.expectVector(-1, "WRMSR of FS_BASE");
        a.raw(0x64, 0x48, 0x8b, 0x0c, 0x25, 0, 0, 0, 0);
        k.expect(RCX, 0x1234, "what FS:0 reads");
        k.attempt(() -> a.mov(RCX, 0xc000_0100L).mov(RAX, 0).mov(RDX, 0x8000).wrmsr());
        k.expectFault(13, 0, "a non-canonical base");
        a.raw(0x64, 0x48, 0x8b, 0x0c, 0x25, 0, 0, 0, 0);
        k.expect(RCX, 0x1234, "what FS:0 reads afterwards");
        k.attempt(() -> base(a, 0xc000_0102L, 8));
        k.attempt(() -> base(a, 0xc000_0101L, 0));
        k.user(() -> a.raw(0x65, 0x48, 0x8b, 0x1c, 0x25, 0, 0, 0, 0));
        k.expectVector(0x100, "reading GS:0 in user mode");
        k.expect(RBX, 0x5678, "what GS:0 reads in user mode");
        a.raw(0x65, 0x48, 0x8b, 0x1c, 0x25, 0, 0, 0, 0);
        k.expect(RBX, 0x1234, "what GS:0 reads in kernel mode");
    }

    private static void base(xenolith.testkit.asm.Assembler a, long msr, int offset) {
        a.mov(4, RCX, msr).lea(RAX, Mem.at("there", offset)).mov(RDX, RAX).shr(RDX, 32).wrmsr();
    }
}
