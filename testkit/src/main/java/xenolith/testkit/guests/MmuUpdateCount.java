package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R10;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * mmu_update performs its list in order, stops at the first refusal, and tells how many it has
 * done.
 */
final class MmuUpdateCount implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.area("list", 64);
        k.l1EntryOf("page");
        a.mov(RCX, Mem.at(RAX)).mov(Mem.at("list"), RDX).mov(Mem.at("list", 8), RCX);
        a.mov(Mem.at("list", 16), RDX).mov(Mem.at("list", 24), RCX);
        a.mov(RCX, 0x000f_ffff_ffff_f067L)
                .mov(Mem.at("list", 32), RDX)
                .mov(Mem.at("list", 40), RCX);
        a.mov(Mem.at("list", 48), RDX).mov(Mem.at("list", 56), 0);
        k.area("done", 8);
        a.lea(RDI, "list").mov(RSI, 4).lea(RDX, "done").mov(R10, Xen.DOMID_SELF);
        k.hypercall(Xen.MMU_UPDATE);
        k.expectRefusal("a list with a bad entry");
        a.mov(4, RCX, Mem.at("done"));
        k.expect(RCX, 2, "updates done");
        k.attempt(() -> a.mov(Mem.at("page"), 5));
        k.expectVector(-1, "store to the page, which is still mapped");
    }
}
