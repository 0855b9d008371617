package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * XCHG with an L1 entry is how kernels take an entry and learn the accessed and dirty bits at once:
 * the old entry must come back, and the new one be in place.
 */
final class WritablePageTableExchange implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        k.expectResult(0, "enabling writable page tables");
        k.l1EntryOf("page");
        a.mov(RBX, RAX).mov(R12, Mem.at(RBX));

        k.attempt(() ->
                a.mov(RAX, 0)
                        .mov(k.variable("old"), RAX)
                        .mov(RCX, 0)
                        .xchg(8, Mem.at(RBX), RCX)
                        .mov(Mem.at("old"), RCX));
        k.expectVector(-1, "XCHG with an L1 entry");
        a.mov(RCX, Mem.at("old")).xor(RCX, R12).and(RCX, ~0x60L);
        k.expect(RCX, 0, "what XCHG gave back, compared with the entry");
        k.expect(Mem.at(RBX), 0, "the entry after XCHG");
    }
}
