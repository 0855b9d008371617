package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * With the writable_pagetables assist a plain store to an L1 entry, in a page that is mapped
 * read-only, works as if it were allowed: the hypervisor checks the new entry and writes it. The
 * guest takes write permission from a page, tries it, and gives it back.
 */
final class WritablePageTableStore implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        k.expectResult(0, "enabling writable page tables");
        k.l1EntryOf("page");
        a.mov(RBX, RAX).mov(R12, Mem.at(RBX));

        a.mov(RAX, R12).and(RAX, ~2L);
        k.attempt(() -> a.mov(RAX, R12).and(RAX, ~2L).mov(Mem.at(RBX), RAX));
        k.expectVector(-1, "store to an L1 entry");
        a.mov(RCX, Mem.at(RBX)).and(RCX, 3);
        k.expect(RCX, 1, "P and RW of the entry");
        a.lea(RDI, "page").mov(RSI, Mem.at(RBX));
        k.mapPage("page");
        k.attempt(() -> a.mov(Mem.at("page"), 1));
        k.expectFault(14, 3, "store to the page");
        k.attempt(() -> a.mov(Mem.at(RBX), R12));
        k.expectVector(-1, "second store to the entry");
        k.attempt(() -> a.mov(Mem.at("page"), 1));
        k.expectVector(-1, "store to the page again");
    }
}
