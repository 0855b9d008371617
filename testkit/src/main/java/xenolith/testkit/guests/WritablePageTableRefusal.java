package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;

import xenolith.testkit.asm.Mem;

/**
 * A store that would make a wrong entry is not performed, and the guest gets the page fault that
 * the assist kept from it: present, write, kernel mode. Here: an entry with a frame that does not
 * exist, and a writable mapping of a page table. Without the assist every such store faults.
 */
final class WritablePageTableRefusal implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        k.expectResult(0, "enabling writable page tables");
        k.l1EntryOf("page");
        a.mov(RBX, RAX).mov(R12, Mem.at(RBX));

        k.attempt(() -> a.mov(RCX, 0x000f_ffff_ffff_f067L).mov(Mem.at(RBX), RCX));
        k.expectFault(14, 3, "store of an entry without a frame");
        k.expectSame(Mem.at("exc_cr2"), RBX, "cr2");
        a.mov(RDI, RBX).call("walk").mov(RCX, Mem.at(RAX)).or(RCX, 2).mov(R13, RCX);
        k.attempt(() -> a.mov(Mem.at(RBX), R13));
        k.expectFault(14, 3, "store of a writable mapping of a page table");
        k.expectSame(Mem.at(RBX), R12, "the entry after refusals");
        k.hypercall(Xen.VM_ASSIST, 1, 2);
        k.attempt(() -> a.mov(Mem.at(RBX), R12));
        k.expectFault(14, 3, "store without the assist");
    }
}
