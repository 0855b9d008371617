package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * LOCK CMPXCHG, LOCK BTR and LOCK AND on an L1 entry: kernels clear the accessed and write bits
 * with them. A CMPXCHG that compares unequal stores nothing and gives the entry back.
 */
final class WritablePageTableLocked implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        k.expectResult(0, "enabling writable page tables");
        k.l1EntryOf("page");
        a.mov(RBX, RAX).mov(R12, Mem.at(RBX));

        k.attempt(() ->
                a.mov(RAX, Mem.at(RBX))
                        .mov(RCX, RAX)
                        .bit(5, 8, RCX, 9)
                        .lock()
                        .cmpxchg(8, Mem.at(RBX), RCX)
                        .set(Cond.E, Mem.at(k.area("equal", 8))));
        k.expectVector(-1, "LOCK CMPXCHG");
        k.expect(Mem.at("equal"), 1, "ZF after LOCK CMPXCHG");
        a.mov(RCX, Mem.at(RBX)).and(RCX, 0x200);
        k.expect(RCX, 0x200, "bit 9 after LOCK CMPXCHG");
        k.attempt(() ->
                a.mov(RAX, 0x1234)
                        .mov(RCX, 0)
                        .lock()
                        .cmpxchg(8, Mem.at(RBX), RCX)
                        .mov(k.variable("seen"), RAX));
        k.expectVector(-1, "LOCK CMPXCHG that compares unequal");
        k.expectSame(Mem.at("seen"), Mem.at(RBX), "RAX after it");
        k.attempt(() -> a.lock().bit(6, 8, Mem.at(RBX), 9));
        k.expectVector(-1, "LOCK BTR");
        k.attempt(() -> a.lock().and(Mem.at(RBX), ~2L));
        k.expectVector(-1, "LOCK AND");
        a.mov(RCX, Mem.at(RBX)).and(RCX, 0x203);
        k.expect(RCX, 1, "P, RW and bit 9 of the entry");
    }
}
