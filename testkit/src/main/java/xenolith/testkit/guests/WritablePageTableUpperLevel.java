package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * The assist is for L1 tables only: a store to an L2 entry is a page fault, even if it stores what
 * is there.
 */
final class WritablePageTableUpperLevel implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        a.mov(RBX, Mem.at("start_info")).mov(RBX, Mem.at(RBX, Xen.PT_BASE));
        k.attempt(() -> a.mov(RCX, Mem.at(RBX)).mov(Mem.at(RBX), RCX));
        k.expectFault(14, 3, "store to an L4 entry");
        k.expectSame(Mem.at("exc_cr2"), RBX, "cr2");
    }
}
